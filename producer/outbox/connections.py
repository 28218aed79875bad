"""What a caller's connection is, told by the names of its classes: no database library is imported here."""

from __future__ import annotations

from typing import Literal

from trailkeeper.producer.errors import InvalidEvent

Blocking = Literal["session", "scoped_session", "connection", "driver", "django"]
Awaited = Literal["async_session", "async_scoped_session", "async_connection", "async_driver"]

SESSIONS = "a Session, scoped_session, AsyncSession or async_scoped_session of SQLAlchemy"
FOR_EMIT = (
    "a Session, scoped_session or Connection of SQLAlchemy, a connection of psycopg2 or psycopg, or Django's"
)
FOR_AEMIT = (
    "an AsyncSession, async_scoped_session or AsyncConnection of SQLAlchemy, or an AsyncConnection of psycopg"
)

_BLOCKING: dict[tuple[str, str], Blocking] = {
    ("sqlalchemy", "Session"): "session",
    ("sqlalchemy", "scoped_session"): "scoped_session",
    ("sqlalchemy", "Connection"): "connection",
    ("psycopg2", "connection"): "driver",
    ("psycopg", "Connection"): "driver",
    ("django", "BaseDatabaseWrapper"): "django",
    ("django", "ConnectionProxy"): "django",
}
_AWAITED: dict[tuple[str, str], Awaited] = {
    ("sqlalchemy", "AsyncSession"): "async_session",
    ("sqlalchemy", "async_scoped_session"): "async_scoped_session",
    ("sqlalchemy", "AsyncConnection"): "async_connection",
    ("psycopg", "AsyncConnection"): "async_driver",
}


def blocking(given: object) -> Blocking | None:
    """What it is, or inherits from; None where `emit` cannot write in its transaction."""
    return next((_BLOCKING[name] for name in _names(given) if name in _BLOCKING), None)


def awaited(given: object) -> Awaited | None:
    """What it is, or inherits from; None where `aemit` cannot write in its transaction."""
    return next((_AWAITED[name] for name in _names(given) if name in _AWAITED), None)


def for_emit(given: object) -> Blocking:
    """What it is.

    Raises:
        InvalidEvent: nothing in whose transaction `emit` can write.
    """
    if kind := blocking(given):
        return kind
    raise InvalidEvent("connection", described(given), "aemit() for it" if awaited(given) else FOR_EMIT)


def for_aemit(given: object) -> Awaited:
    """What it is.

    Raises:
        InvalidEvent: nothing in whose transaction `aemit` can write.
    """
    if kind := awaited(given):
        return kind
    raise InvalidEvent("connection", described(given), "emit() for it" if blocking(given) else FOR_AEMIT)


def described(given: object) -> str:
    """Of which class it is, and from which library, for an error."""
    kind = type(given)
    library = kind.__module__.partition(".")[0]
    return kind.__name__ if library == "builtins" else f"{kind.__name__} of {library}"


def _names(given: object) -> list[tuple[str, str]]:
    return [(each.__module__.partition(".")[0], each.__name__) for each in type(given).__mro__]
