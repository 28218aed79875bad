"""What every way to the stream promises."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """Puts messages into the stream, one a call.

    Returning from `send` or `asend` means that the message is in the stream. It
    may be in it although they raised: a reply can be lost on the way. The event's
    id is made before, so the table keeps one of the two.
    """

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """Append a message and wait until it was taken. Called by many threads at once.

        Args:
            payload: field ``e`` of the entry.
            invalid: field ``invalid``: why the payload is no event; None if it is one.
            deadline: on `time.monotonic`'s clock; no wait goes beyond it.
            signature: field ``s``: who vouches for both, with the proof; None for nobody.

        Raises:
            StreamUnavailable: the stream did not take it in time, or refused it.
        """

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """The same, without blocking the running event loop."""

    def close(self) -> None:
        """Give back what is held open. A later `send` opens it again."""
