"""The one INSERT, through each kind of connection. Uses only libraries that the caller has imported."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from trailkeeper.producer.errors import InvalidEvent

from .connections import Awaited, Blocking

IDLE = 0
"""libpq's PQTRANS_IDLE: no transaction is open."""

Values = dict[str, bytes | None]
"""The columns ``payload`` and ``invalid``."""


def _session(session: Any, table: str, values: Values) -> None:
    # on its connection, not by its execute(), which would flush the caller's objects
    _connection(session.connection(), table, values)


def _connection(connection: Any, table: str, values: Values) -> None:
    _refuse_autocommit(connection.connection.dbapi_connection)
    connection.execute(_for_sqlalchemy(table), values)


def _driver(connection: Any, table: str, values: Values) -> None:
    _refuse_autocommit(connection)
    with connection.cursor() as cursor:
        cursor.execute(_for_driver(table), values)


def _django(connection: Any, table: str, values: Values) -> None:
    if connection.get_autocommit():
        raise _without_transaction("`with transaction.atomic():` around the call")
    with connection.cursor() as cursor:
        cursor.execute(_for_driver(table), values)


async def _async_session(session: Any, table: str, values: Values) -> None:
    await _async_connection(await session.connection(), table, values)


async def _async_connection(connection: Any, table: str, values: Values) -> None:
    _refuse_autocommit(connection.sync_connection.connection.dbapi_connection)
    await connection.execute(_for_sqlalchemy(table), values)


async def _async_driver(connection: Any, table: str, values: Values) -> None:
    _refuse_autocommit(connection)
    await connection.execute(_for_driver(table), values)


BLOCKING: dict[Blocking, Callable[[Any, str, Values], None]] = {
    "session": _session,
    "scoped_session": lambda scoped, *values: _session(scoped(), *values),
    "connection": _connection,
    "driver": _driver,
    "django": _django,
}
AWAITED: dict[Awaited, Callable[[Any, str, Values], Awaitable[None]]] = {
    "async_session": _async_session,
    "async_scoped_session": lambda scoped, *values: _async_session(scoped(), *values),
    "async_connection": _async_connection,
    "async_driver": _async_driver,
}


@cache
def _for_sqlalchemy(table: str) -> Any:
    statement = f"INSERT INTO {table} (payload, invalid) VALUES (:payload, :invalid)"  # noqa: S608 - a setting's
    return sys.modules["sqlalchemy"].text(statement)


def _for_driver(table: str) -> str:
    return f"INSERT INTO {table} (payload, invalid) VALUES (%(payload)s, %(invalid)s)"  # noqa: S608 - a setting's


def _refuse_autocommit(connection: Any) -> None:
    """Refuse to write where each statement is committed by itself."""
    if getattr(connection, "autocommit", False) is not True:
        return
    info = getattr(connection, "info", None)
    if getattr(info, "transaction_status", IDLE) == IDLE:
        raise _without_transaction("a connection without autocommit, or after its BEGIN")


def _without_transaction(expected: str) -> InvalidEvent:
    return InvalidEvent("connection", "it is in autocommit mode and in no transaction", expected)
