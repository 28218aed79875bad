"""The emitter of this process, and the functions that use it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from os import PathLike, fspath
from typing import Any, Never, Unpack

from .catalogue import Catalogue, load
from .emitter import Emitter
from .facts import EmitArguments
from .metrics import Metrics
from .mistakes import policy
from .outbox import Outbox
from .receipt import Receipt
from .settings import ProducerSettings, changed, read
from .spool import Spool
from .transports import Transport

PROCESS = "process"
_emitters: dict[str, Emitter] = {}
"""None or one."""
_first = threading.RLock()
"""Held by the thread that makes the first one; in a burst the others would all read the catalogue as well."""


def emit(tag: str, *unnamed: Never, **arguments: Unpack[EmitArguments]) -> Receipt:
    """Record that something happened, and return once it is safe.

    Never waits longer than `TRAILKEEPER_EMIT_BUDGET_MS` in all, or in a burst a second more, while
    Redis, or else the disk, serves those before it. When it returns, the event is in Redis, or
    `Receipt.outcome` says where else.

    Args:
        tag: the event type, or an alias of it; must be in the catalogue.
        *unnamed: nothing; a value without a name is a wrong call like any other.
        **arguments: all by name, all optional:

            * ``user``: the user the event is about: an id (text, integer or UUID), an ``(id, name)`` pair, a
              `Subject`, or an object with ``.id`` or ``.pk`` and perhaps ``.name`` or ``.username``. See
              docs/values.md for everything that is taken, here and below.
            * ``project``, ``organization``: what else the event is about, in the same forms.
            * ``actor``: an `Actor`, who did it; without it the running request's, or else anonymous.
            * ``additional``: the payload: keys that the event type declares, and their values. None for a
              value that is not known.
            * ``request``: a request of Flask, Django, Starlette, …, or a `RequestContext`, instead of the
              one that the middleware set.
            * ``origin``: ``"request"`` to take address and user agent from the request even if the actor did
              not make it: another one than the request's actor, if that is known, a service that is not
              the request's actor, or the application itself (``system``). Else it has neither.
            * ``occurred_at``: when it happened, a datetime with a time zone; now if not given.
            * ``connection``: write the event in the transaction of this session or connection of SQLAlchemy,
              connection of psycopg2 or psycopg, or Django's connection, instead of sending it to Redis. Its
              database must be the one that Trailkeeper stores events in. One INSERT; the event is recorded
              if, and only if, the transaction commits, whatever its delivery level. See docs/transactions.md.

    Returns:
        The event's id, and where the event went.

    Raises:
        InvalidEvent: the call is wrong, and ``TRAILKEEPER_ON_INVALID=raise``, as in tests. By default it is
            kept as a dead letter, and the log names its place in the code.
        EventNotRecorded: a `required` event that neither Redis nor the spool took: refuse the action.
        OutboxMissing: the database of *connection* has no outbox, or its role may not write to it.
        SettingsError, CatalogueError: only by the first call, where `configure` was not called.
    """
    return process_emitter().emit(tag, *unnamed, **arguments)


async def aemit(tag: str, *unnamed: Never, **arguments: Unpack[EmitArguments]) -> Receipt:
    """`emit` for coroutines: the same, without blocking the event loop.

    Its ``connection`` is an AsyncSession or AsyncConnection of SQLAlchemy, or an AsyncConnection of psycopg.
    """
    return await process_emitter().aemit(tag, *unnamed, **arguments)


def configure(
    settings: ProducerSettings | None = None,
    *,
    catalogue: Catalogue | Iterable[str | PathLike[str]] | None = None,
    transport: Transport | None = None,
    metrics: Metrics | None = None,
    spool: Spool | str | None = "settings",
    outbox: Outbox | None = None,
    **overrides: Any,
) -> Emitter:
    """Set what `emit` uses in this process; without it, the first `emit` reads the environment.

    Args:
        settings: read from the environment if not given.
        catalogue: event types instead of those of the settings: a catalogue, or TOML files added to ours.
        transport: a way to the stream other than Redis, such as `trailkeeper.producer.testing.Recorder`. It
            needs *spool* too.
        metrics: counts every emit.
        spool: keeps what the transport does not take, or None for nothing. If not given, the setting of this
            name counts: a path or ``off``, which may be passed here too.
        outbox: takes what is emitted with ``connection=``, instead of our table.
        **overrides: single settings, by their names in `ProducerSettings`: ``stream="audit"``.

    Returns:
        The emitter that is used from now on. The previous one is closed.

    Raises:
        SettingsError: a setting is wrong or unknown.
        CatalogueError: a catalogue file is wrong.
    """
    if isinstance(spool, str) and spool != "settings":
        overrides, spool = overrides | {"spool": spool}, "settings"
    settings = changed(read(ProducerSettings) if settings is None else settings, overrides)
    if not isinstance(catalogue, Catalogue | None):
        catalogue = load([fspath(path) for path in catalogue])
    emitter = Emitter(
        settings, catalogue=catalogue, transport=transport, metrics=metrics, spool=spool, outbox=outbox
    )
    if previous := swap(emitter):
        previous.close()
    return emitter


def process_emitter() -> Emitter:
    """The emitter of this process, made from the environment if there is none yet."""
    return _emitters.get(PROCESS) or _made()


def _made() -> Emitter:
    with _first:
        if PROCESS not in _emitters:
            _emitters[PROCESS] = _ruling(Emitter(read(ProducerSettings)))
        return _emitters[PROCESS]


def swap(emitter: Emitter | None) -> Emitter | None:
    """Replace the process's emitter by another or by none; returns the previous one, still open."""
    previous = _emitters.pop(PROCESS, None)
    policy.raises = False
    if emitter is not None:
        _emitters[PROCESS] = _ruling(emitter)
    return previous


def _ruling(emitter: Emitter) -> Emitter:
    """The same: what it does with a mistake holds for `bind` and `set_actor` from now on."""
    policy.raises = not emitter.quarantines
    return emitter


def _in_child() -> None:
    """After a fork: the thread that was making the first one is in the parent."""
    global _first  # noqa: PLW0603 - a lock that was held at the fork would stay held for ever
    _first = threading.RLock()


os.register_at_fork(after_in_child=_in_child)
