"""The emitter of this process, and the functions that use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from os import PathLike, fspath
from typing import Any

from .catalogue import Catalogue, load
from .emitter import Emitter
from .event import Actor
from .facts import SubjectLike
from .metrics import Metrics
from .receipt import Receipt
from .settings import ProducerSettings, changed, read
from .transports import Transport

PROCESS = "process"
_emitters: dict[str, Emitter] = {}
"""None or one: of threads that make the first at once, a dictionary lets one win, without a lock."""


def emit(
    tag: str,
    *,
    user: SubjectLike | None = None,
    project: SubjectLike | None = None,
    organization: SubjectLike | None = None,
    actor: Actor | None = None,
    additional: Mapping[str, Any] | None = None,
    request: Any = None,
    occurred_at: datetime | None = None,
    connection: Any = None,
) -> Receipt:
    """Record that something happened, and return once it is safe.

    Never waits longer than `TRAILKEEPER_EMIT_BUDGET_MS` in all. When it returns, the
    event is in Redis, or `Receipt.outcome` says where else.

    Args:
        tag: the event type, or an alias of it; must be in the catalogue.
        user: whom it is about: an id (text, integer or UUID), an ``(id, name)`` pair, a `Subject`, or
            an object with ``.id`` and ``.name`` or ``.username``.
        project: which project it is about, in the same forms.
        organization: which organization it is about, in the same forms.
        actor: who did it; without it the running request's, or else nobody known.
        additional: the payload: keys that the event type declares, and their values. None for a value
            that is not known.
        request: a request of Flask, Django, Starlette, …, or a `RequestContext`, in place of the one
            that the middleware set.
        occurred_at: when, with a time zone; without it, now.
        connection: in whose transaction to write the event, instead of sending it to Redis: a session or
            connection of SQLAlchemy, a connection of psycopg2 or psycopg, or Django's, on the database
            that Trailkeeper stores events in. One INSERT; the event is recorded if, and only if, the
            transaction commits, whatever its delivery level. See docs/transactions.md.

    Returns:
        The event's id, and where the event went.

    Raises:
        InvalidEvent: the call is wrong; never with ``TRAILKEEPER_ON_INVALID=quarantine``.
        EventNotRecorded: a `required` event that neither Redis nor the spool took: refuse the action.
        OutboxMissing: the database of *connection* has no outbox, or its role no right to it.
        SettingsError, CatalogueError: only by the first call, where `configure` was not called.
    """
    return process_emitter().emit(
        tag,
        user=user,
        project=project,
        organization=organization,
        actor=actor,
        additional=additional,
        request=request,
        occurred_at=occurred_at,
        connection=connection,
    )


async def aemit(
    tag: str,
    *,
    user: SubjectLike | None = None,
    project: SubjectLike | None = None,
    organization: SubjectLike | None = None,
    actor: Actor | None = None,
    additional: Mapping[str, Any] | None = None,
    request: Any = None,
    occurred_at: datetime | None = None,
    connection: Any = None,
) -> Receipt:
    """`emit` for coroutines: the same, without blocking the event loop.

    Its *connection* is an AsyncSession or AsyncConnection of SQLAlchemy, or an AsyncConnection of psycopg.
    """
    return await process_emitter().aemit(
        tag,
        user=user,
        project=project,
        organization=organization,
        actor=actor,
        additional=additional,
        request=request,
        occurred_at=occurred_at,
        connection=connection,
    )


def configure(
    settings: ProducerSettings | None = None,
    *,
    catalogue: Catalogue | Iterable[str | PathLike[str]] | None = None,
    transport: Transport | None = None,
    metrics: Metrics | None = None,
    **overrides: Any,
) -> Emitter:
    """Say what `emit` uses in this process; without it, the first `emit` reads the environment.

    Args:
        settings: without them, the environment's.
        catalogue: event types instead of those in the settings: a catalogue, or TOML files beside ours.
        transport: a way to the stream other than Redis, such as `producer.testing.Recorder`.
        metrics: counts every emit.
        **overrides: single settings, by their names in `ProducerSettings`: ``stream="audit"``.

    Returns:
        The emitter that is now used. The one before is closed.

    Raises:
        SettingsError: a setting is wrong, or none of ours.
        CatalogueError: a catalogue file is wrong.
    """
    settings = changed(read(ProducerSettings) if settings is None else settings, overrides)
    if not isinstance(catalogue, Catalogue | None):
        catalogue = load([fspath(path) for path in catalogue])
    emitter = Emitter(settings, catalogue=catalogue, transport=transport, metrics=metrics)
    if before := swap(emitter):
        before.close()
    return emitter


def process_emitter() -> Emitter:
    """The emitter of this process, made from the environment if there is none yet."""
    return _emitters.get(PROCESS) or _emitters.setdefault(PROCESS, Emitter(read(ProducerSettings)))


def swap(emitter: Emitter | None) -> Emitter | None:
    """Put another emitter, or none, in the place of the process's; returns the one before, still open."""
    before = _emitters.pop(PROCESS, None)
    if emitter is not None:
        _emitters[PROCESS] = emitter
    return before
