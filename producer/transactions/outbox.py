"""The outbox: the way of an event that is committed, or rolled back, with what it tells of.

What knows the kinds of connections is imported by the first that is given, so that importing us stays cheap.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Outbox(Protocol):
    """Takes messages within transactions of the caller's."""

    def put(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """Leave a message that is there if, and only if, the transaction commits.

        Args:
            connection: the caller's, or a session.
            payload: field ``e`` of a stream entry.
            invalid: field ``invalid``; None for an event.

        Raises:
            InvalidEvent: *connection* is nothing with a transaction.
            OutboxMissing: its database has no outbox, or gives no right to it.
        """

    async def aput(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """The same through connections of coroutines."""


class TableOutbox:
    """Writes into the table ``outbox`` that the ``search_path`` finds: one INSERT a message, nothing else.

    What the driver raises for other reasons, such as a serialization failure or a lost
    connection, reaches the caller as it is: the transaction that failed is the caller's.
    """

    def put(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """See `Outbox.put`."""
        from .explaining import explained  # noqa: PLC0415 - see above
        from .inserting import BLOCKING  # noqa: PLC0415 - see above
        from .kinds import for_emit  # noqa: PLC0415 - see above

        insert = BLOCKING[for_emit(connection)]
        with explained():
            insert(connection, (payload, invalid))

    async def aput(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """See `Outbox.aput`."""
        from .explaining import explained  # noqa: PLC0415 - see above
        from .inserting import AWAITED  # noqa: PLC0415 - see above
        from .kinds import for_aemit  # noqa: PLC0415 - see above

        insert = AWAITED[for_aemit(connection)]
        with explained():
            await insert(connection, (payload, invalid))
