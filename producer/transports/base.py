"""What every transport to the stream promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from trailkeeper.producer.errors import StreamUnavailable


class Transport(Protocol):
    """Appends messages to the stream. Inherit from it, for `send_all` and `asend_all` one by one.

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
            StreamUnavailable: the stream did not take it in time, or refused it; `may_have_it` says whether
                it may be there all the same.
        """

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """`send` without blocking the running event loop."""

    def send_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        """Append several messages in order, in one round trip if that can be.

        Args:
            entries: the fields of each, as `producer.message.fields_of` makes them.
            deadline: for all of them.

        Returns:
            How many were taken, counted from the first. Later ones may have been taken too.

        Raises:
            StreamUnavailable: the first was not taken, or it is not known whether it was.
        """
        for place, fields in enumerate(entries):
            try:
                self.send(fields[b"e"], fields.get(b"invalid"), deadline, fields.get(b"s"))
            except StreamUnavailable:
                if place == 0:
                    raise
                return place
        return len(entries)

    async def asend_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        """`send_all` without blocking the running event loop."""
        for place, fields in enumerate(entries):
            try:
                await self.asend(fields[b"e"], fields.get(b"invalid"), deadline, fields.get(b"s"))
            except StreamUnavailable:
                if place == 0:
                    raise
                return place
        return len(entries)

    def close(self) -> None:
        """Close idle connections. A later `send` opens new ones."""


class StreamTransport(Transport, Protocol):
    """A `Transport` to Redis, for which what it did not take is kept."""

    @property
    def place(self) -> str:
        """Server, database and key, without credentials: what is kept is delivered there and nowhere else."""
