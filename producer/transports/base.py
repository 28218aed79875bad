"""What every transport to the stream promises."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """Appends messages to the stream, one per call.

    When `send` or `asend` returns, the message is in the stream. It may be there even if
    they raised, as a reply can be lost: but the event's id is made before, so a second
    copy is not stored.
    """

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """Append a message and wait for the confirmation. Called by many threads at once.

        Args:
            payload: field ``e`` of the entry.
            invalid: field ``invalid``: why the payload is not an event; None if it is one.
            deadline: on `time.monotonic`'s clock; never waits longer.
            signature: field ``s``: the signature of both; None without a key.

        Raises:
            StreamUnavailable: the stream did not take it in time, or refused it.
        """

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """`send` without blocking the running event loop."""

    def close(self) -> None:
        """Close idle connections. A later `send` opens new ones."""
