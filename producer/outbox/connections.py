"""Recognises a caller's connection by the names of its classes, so that no database library is imported."""

from __future__ import annotations

from typing import Any, Literal, NoReturn

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.validation.text import refuse
from trailkeeper.producer.validation.values import unproxied

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


def connection_of(given: Any) -> Any:
    """The connection that was passed, or that a proxy which was passed stands for, as Flask's pattern has it.

    Raises:
        InvalidEvent: the proxy stands for nothing here.
    """
    try:
        return unproxied(given)
    except Exception as error:  # noqa: BLE001 - a proxy of the application's may raise anything
        refuse("connection", error)


def blocking(connection: object) -> Blocking | None:
    """Which kind it is, or inherits from; None if `emit` cannot write in its transaction."""
    return next((_BLOCKING[name] for name in _names(connection) if name in _BLOCKING), None)


def awaited(connection: object) -> Awaited | None:
    """Which kind it is, or inherits from; None if `aemit` cannot write in its transaction."""
    return next((_AWAITED[name] for name in _names(connection) if name in _AWAITED), None)


def for_emit(connection: object) -> Blocking:
    """Which kind it is.

    Raises:
        InvalidEvent: `emit` cannot write in its transaction.
    """
    return blocking(connection) or _refuse(connection, "aemit() for it" if awaited(connection) else FOR_EMIT)


def for_aemit(connection: object) -> Awaited:
    """Which kind it is.

    Raises:
        InvalidEvent: `aemit` cannot write in its transaction.
    """
    return awaited(connection) or _refuse(connection, "emit() for it" if blocking(connection) else FOR_AEMIT)


def described(connection: object) -> str:
    """Its class and library, for an error."""
    kind = type(connection)
    library = kind.__module__.partition(".")[0]
    return kind.__name__ if library == "builtins" else f"{kind.__name__} of {library}"


def _names(connection: object) -> list[tuple[str, str]]:
    return [(kind.__module__.partition(".")[0], kind.__name__) for kind in type(connection).__mro__]


def _refuse(connection: object, expected: str) -> NoReturn:
    raise InvalidEvent("connection", described(connection), expected)
