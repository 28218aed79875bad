"""The one INSERT, through each kind of connection. Of databases, only what the caller imported is used."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from trailkeeper.producer.errors import InvalidEvent

from .connections import Awaited, Blocking

IDLE = 0
"""libpq's PQTRANS_IDLE: no transaction is open."""

Values = tuple[bytes, bytes | None]
"""The columns ``payload`` and ``invalid``."""


def _session(session: Any, table: str, values: Values) -> None:
    # on its connection and not by its execute(): nothing of the caller's is flushed
    _connection(session.connection(), table, values)


def _connection(connection: Any, table: str, values: Values) -> None:
    _check_driver(connection.connection.dbapi_connection)
    connection.execute(_sqlalchemys(table), dict(zip(("payload", "invalid"), values, strict=True)))


def _driver(connection: Any, table: str, values: Values) -> None:
    _check_driver(connection)
    with connection.cursor() as cursor:
        cursor.execute(_drivers(table), values)


def _django(connection: Any, table: str, values: Values) -> None:
    if connection.get_autocommit():
        raise _without_transaction("`with transaction.atomic():` around the call")
    with connection.cursor() as cursor:
        cursor.execute(_drivers(table), values)


async def _async_session(session: Any, table: str, values: Values) -> None:
    await _async_connection(await session.connection(), table, values)


async def _async_connection(connection: Any, table: str, values: Values) -> None:
    _check_driver(connection.sync_connection.connection.dbapi_connection)
    await connection.execute(_sqlalchemys(table), dict(zip(("payload", "invalid"), values, strict=True)))


async def _async_driver(connection: Any, table: str, values: Values) -> None:
    _check_driver(connection)
    await connection.execute(_drivers(table), values)


BLOCKING: dict[Blocking, Callable[[Any, str, Values], None]] = {
    "session": _session,
    "scoped_session": lambda scoped, *given: _session(scoped(), *given),
    "connection": _connection,
    "driver": _driver,
    "django": _django,
}
AWAITED: dict[Awaited, Callable[[Any, str, Values], Awaitable[None]]] = {
    "async_session": _async_session,
    "async_scoped_session": lambda scoped, *given: _async_session(scoped(), *given),
    "async_connection": _async_connection,
    "async_driver": _async_driver,
}


@cache
def _sqlalchemys(table: str) -> Any:
    statement = f"INSERT INTO {table} (payload, invalid) VALUES (:payload, :invalid)"  # noqa: S608 - a setting's
    return sys.modules["sqlalchemy"].text(statement)


def _drivers(table: str) -> str:
    return f"INSERT INTO {table} (payload, invalid) VALUES (%s, %s)"  # noqa: S608 - a setting's


def _check_driver(connection: Any) -> None:
    """Refuse to write where each statement is committed by itself."""
    if getattr(connection, "autocommit", False) is not True:
        return
    info = getattr(connection, "info", None)
    if getattr(info, "transaction_status", IDLE) == IDLE:
        raise _without_transaction("a connection without autocommit, or after its BEGIN")


def _without_transaction(expected: str) -> InvalidEvent:
    return InvalidEvent("connection", "it is in autocommit mode and in no transaction", expected)
