"""Messages that may be killing their worker.

A message that was given out several times without an end is handled alone, and
counted just before: only a process that dies on it leaves the count behind. So
a slow database or a hundred restarts never reject anything, and a message that
kills each process that touches it does so three times.
"""

from __future__ import annotations

import redis

from trailkeeper.producer.stream_keys import crash_markers_key

from .stream import redis_translated

DELIVERIES_BEFORE_SUSPICION = 3
DEATHS = 3


class Suspects:
    """How often a process died while it was handling one message alone."""

    def __init__(self, client: redis.Redis, key: str) -> None:
        self._client = client
        self._key = crash_markers_key(key)

    def deaths(self, stream_id: str) -> int:
        """How many processes died on it so far."""
        with redis_translated():
            return int(self._client.hget(self._key, stream_id) or 0)

    def enter(self, stream_id: str) -> None:
        """Count one death in advance."""
        with redis_translated():
            self._client.hincrby(self._key, stream_id, 1)

    def survive(self, stream_id: str) -> None:
        """Forget it: we are still here."""
        with redis_translated():
            self._client.hdel(self._key, stream_id)
