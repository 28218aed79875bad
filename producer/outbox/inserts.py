"""The one INSERT, through each kind of connection. Of databases, only what the caller imported is used."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from trailkeeper.producer.errors import InvalidEvent

from .connections import Awaited, Blocking

TABLE = "outbox"
IDLE = 0
"""libpq's PQTRANS_IDLE: no transaction is open."""

_DRIVERS = f"INSERT INTO {TABLE} (payload, invalid) VALUES (%s, %s)"  # noqa: S608 - a constant
_SQLALCHEMYS = f"INSERT INTO {TABLE} (payload, invalid) VALUES (:payload, :invalid)"  # noqa: S608 - a constant

Values = tuple[bytes, bytes | None]
"""The columns ``payload`` and ``invalid``."""


def _session(session: Any, values: Values) -> None:
    # on its connection and not by its execute(): nothing of the caller's is flushed
    _connection(session.connection(), values)


def _connection(connection: Any, values: Values) -> None:
    _check_driver(connection.connection.dbapi_connection)
    connection.execute(_statement(), dict(zip(("payload", "invalid"), values, strict=True)))


def _driver(connection: Any, values: Values) -> None:
    _check_driver(connection)
    with connection.cursor() as cursor:
        cursor.execute(_DRIVERS, values)


def _django(connection: Any, values: Values) -> None:
    if connection.get_autocommit():
        raise _without_transaction("`with transaction.atomic():` around the call")
    with connection.cursor() as cursor:
        cursor.execute(_DRIVERS, values)


async def _async_session(session: Any, values: Values) -> None:
    await _async_connection(await session.connection(), values)


async def _async_connection(connection: Any, values: Values) -> None:
    _check_driver(connection.sync_connection.connection.dbapi_connection)
    await connection.execute(_statement(), dict(zip(("payload", "invalid"), values, strict=True)))


async def _async_driver(connection: Any, values: Values) -> None:
    _check_driver(connection)
    await connection.execute(_DRIVERS, values)


BLOCKING: dict[Blocking, Callable[[Any, Values], None]] = {
    "session": _session,
    "scoped_session": lambda scoped, values: _session(scoped(), values),
    "connection": _connection,
    "driver": _driver,
    "django": _django,
}
AWAITED: dict[Awaited, Callable[[Any, Values], Awaitable[None]]] = {
    "async_session": _async_session,
    "async_scoped_session": lambda scoped, values: _async_session(scoped(), values),
    "async_connection": _async_connection,
    "async_driver": _async_driver,
}


@cache
def _statement() -> Any:
    return sys.modules["sqlalchemy"].text(_SQLALCHEMYS)


def _check_driver(connection: Any) -> None:
    """Refuse to write where each statement is committed by itself."""
    if getattr(connection, "autocommit", False) is not True:
        return
    info = getattr(connection, "info", None)
    if getattr(info, "transaction_status", IDLE) == IDLE:
        raise _without_transaction("a connection without autocommit, or after its BEGIN")


def _without_transaction(expected: str) -> InvalidEvent:
    return InvalidEvent("connection", "it is in autocommit mode and in no transaction", expected)
