"""Which servers failed a moment ago: whoever has others does not wait for these again."""

from __future__ import annotations

import time


class AwayServers:
    """Remembers servers that failed, each for longer the more often it failed in a row.

    For any number of threads: each change is one assignment, and one that is lost costs one more try.

    Args:
        first_seconds: for which one that failed is left alone.
        longest_seconds: the same after many failures in a row.
    """

    def __init__(self, first_seconds: float, longest_seconds: float | None = None) -> None:
        self._first = first_seconds
        self._longest = first_seconds if longest_seconds is None else longest_seconds
        self._until: dict[str, tuple[float, float]] = {}

    def leave(self, server: str) -> None:
        """It failed."""
        _, last = self._until.get(server, (0.0, self._first / 2))
        seconds = min(last * 2, self._longest)
        self._until[server] = time.monotonic() + seconds, seconds

    def returned(self, server: str) -> None:
        """It answered."""
        self._until.pop(server, None)

    def is_away(self, server: str) -> bool:
        """Whether to leave it alone for now."""
        until, _ = self._until.get(server, (0.0, 0.0))
        return time.monotonic() < until
