"""Events that are sent once the transaction of an SQLAlchemy session is committed, on whatever database.

What knows sessions is imported by the first that is given, so that importing us stays cheap.
"""

from __future__ import annotations

from typing import Any, Unpack

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.facts import Given
from trailkeeper.producer.receipt import Receipt


def emit_on_commit(session: Any, tag: str, **given: Unpack[Given]) -> Receipt:
    """Record that something happened, if and once the session's outermost transaction is committed.

    Checked now, with facts, time, id and context of now. A savepoint that is rolled back
    takes with it what was emitted within it. Between the commit and the sending the process
    may die, and the event with it; nobody can be told any more that a `required` event was
    not recorded, so it is kept like any other. Where that is not enough, use
    ``emit(connection=...)``. See docs/transactions.md.

    Args:
        session: a Session, scoped_session, AsyncSession or async_scoped_session of SQLAlchemy. One that
            is in no transaction yet begins one.
        tag: as for `emit`.
        **given: as for `emit`.

    Returns:
        The event's id; its outcome is ``on_commit``.

    Raises:
        InvalidEvent: the call is wrong; never with ``TRAILKEEPER_ON_INVALID=quarantine``, save for *session*.
    """
    from .kinds import awaited  # noqa: PLC0415 - see above
    from .later import Later  # noqa: PLC0415 - see above
    from .watching import Watched  # noqa: PLC0415 - see above

    watched = Watched.of(_plain(session))
    later = Later.of(tag, given, asynchronous=awaited(session) is not None)
    watched.add(later.send)
    return Receipt(later.message.id, "on_commit")


def _plain(session: Any) -> Any:
    """The Session behind what was given.

    Raises:
        InvalidEvent: it is no session.
    """
    from .kinds import SESSIONS, awaited, blocking, described  # noqa: PLC0415 - see above

    if blocking(session) == "scoped_session" or awaited(session) == "async_scoped_session":
        session = session()
    if awaited(session) == "async_session":
        return session.sync_session
    if blocking(session) == "session":
        return session
    raise InvalidEvent("session", described(session), SESSIONS)
