"""Where `emit(connection=...)` puts a message: a table, in the caller's own transaction."""

from __future__ import annotations

from typing import Protocol

from .connections import for_aemit, for_emit
from .inserts import AWAITED, BLOCKING
from .missing import translated


class Outbox(Protocol):
    """Takes messages as part of the caller's transactions."""

    def put(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """Insert a message that is there if, and only if, the transaction commits.

        Args:
            connection: the caller's connection or session.
            payload: field ``e`` of a stream entry.
            invalid: field ``invalid``; None for an event.

        Raises:
            InvalidEvent: *connection* has no transaction to write in.
            OutboxMissing: its database has no outbox, or its role may not write to it.
        """

    async def aput(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """`put` for connections of coroutines."""


class TableOutbox:
    """Writes to the table ``outbox`` in our schema: one INSERT a message, nothing else.

    Other errors of the driver, such as a serialization failure or a lost connection, reach
    the caller unchanged: it is the caller's transaction that failed.

    Args:
        schema: the Postgres schema of the table; the caller's ``search_path`` does not matter.
    """

    def __init__(self, schema: str) -> None:
        self._table = f'"{schema}".outbox'

    def put(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """See `Outbox.put`."""
        insert = BLOCKING[for_emit(connection)]
        with translated(self._table):
            insert(connection, self._table, {"payload": payload, "invalid": invalid})

    async def aput(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """See `Outbox.aput`."""
        insert = AWAITED[for_aemit(connection)]
        with translated(self._table):
            await insert(connection, self._table, {"payload": payload, "invalid": invalid})
