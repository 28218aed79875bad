"""A spool in memory, for tests of applications."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trailkeeper.producer.errors import SpoolUnavailable


class MemorySpool:
    """A `Spool` that is gone with the process, and that can pretend to be full.

    Args:
        deliver: called with each message once Redis answers.

    Attributes:
        entries: the messages, oldest first.
        is_full: whether it refuses every message.
    """

    def __init__(self, deliver: Callable[[Mapping[bytes, bytes]], None]) -> None:
        self._deliver = deliver
        self.entries: list[Mapping[bytes, bytes]] = []
        self.is_full = False

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:  # noqa: ARG002 - it never waits
        """See `Spool.put`."""
        if self.is_full:
            raise SpoolUnavailable("the spool pretends to be full")
        self.entries.append(dict(fields))

    def redis_answered(self) -> None:
        """See `Spool.redis_answered`; delivers in the calling thread."""
        while self.entries:
            self._deliver(self.entries.pop(0))

    def close(self) -> None:
        """See `Spool.close`."""
