"""Events sent after the transaction of an SQLAlchemy session is committed. Needs no import of SQLAlchemy."""

from __future__ import annotations

from typing import Any, Never, Unpack

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.facts import EventFacts
from trailkeeper.producer.outbox.connections import SESSIONS, awaited, blocking, connection_of, described
from trailkeeper.producer.receipt import Receipt

from .deferred import DeferredMessage
from .session import SessionWatcher


def emit_on_commit(session: Any, tag: str, *unnamed: Never, **facts: Unpack[EventFacts]) -> Receipt:
    """Record that something happened, if and once the session's outermost transaction is committed.

    The call is checked now, and the event's facts, time, id and context are those of now. A
    savepoint that rolls back drops what was emitted within it. If the process dies between
    the commit and the sending, the event is lost. A `required` event cannot refuse the action
    any more, so it is kept like any other. Where that is not enough, use
    ``emit(connection=...)``. See docs/transactions.md.

    Args:
        session: a Session, scoped_session, AsyncSession or async_scoped_session of SQLAlchemy. Begins a
            transaction if it is in none.
        tag: as for `emit`.
        *unnamed: nothing, as for `emit`.
        **facts: as for `emit`, except *connection*.

    Returns:
        The event's id; its outcome is ``on_commit``.

    Raises:
        InvalidEvent: *session* is none, or the call is wrong, and ``TRAILKEEPER_ON_INVALID=raise``.
    """
    deferred = DeferredMessage.of(tag, unnamed, facts)
    try:
        session = connection_of(session)
        watcher = SessionWatcher.of(_sync_session(session))
    except InvalidEvent as error:
        return deferred.misdirected(error)
    watcher.add(deferred._replace(asynchronous=awaited(session) is not None).send)
    return deferred.receipt


def _sync_session(session: Any) -> Any:
    """The Session behind a scoped or asynchronous one.

    Raises:
        InvalidEvent: it is not a session.
    """
    if blocking(session) == "scoped_session" or awaited(session) == "async_scoped_session":
        session = session()
    if awaited(session) == "async_session":
        return session.sync_session
    if blocking(session) == "session":
        return session
    raise InvalidEvent("session", described(session), SESSIONS)
