"""A spool in memory, for tests of applications."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trailkeeper.producer.errors import SpoolUnavailable


class MemorySpool:
    """A `Spool` that dies with the process, and that can play being full.

    Args:
        deliver: takes what was kept, once Redis answers; one message a call.

    Attributes:
        entries: what is kept, oldest first.
        is_full: whether it takes nothing.
    """

    def __init__(self, deliver: Callable[[Mapping[bytes, bytes]], None]) -> None:
        self._deliver = deliver
        self.entries: list[Mapping[bytes, bytes]] = []
        self.is_full = False

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:  # noqa: ARG002 - it never waits
        """See `Spool.put`."""
        if self.is_full:
            raise SpoolUnavailable("the spool plays being full")
        self.entries.append(dict(fields))

    def redis_answered(self) -> None:
        """See `Spool.redis_answered`; here delivery takes no thread."""
        while self.entries:
            self._deliver(self.entries.pop(0))

    def close(self) -> None:
        """See `Spool.close`."""
