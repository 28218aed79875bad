"""Crash markers: which messages may be killing the process that handles them.

A message that was delivered several times without an end is handled alone, and marked
just before: only a process that dies on it leaves the mark behind. So a slow database
or a hundred restarts never reject anything, and a message that kills each process
that touches it does so three times.
"""

from __future__ import annotations

from collections.abc import Callable

import redis

from trailkeeper.producer.redis_client import StreamFull, redis_translated
from trailkeeper.producer.stream_keys import crash_markers_key

from .fates import Report

DELIVERIES_BEFORE_SUSPICION = 3
DEATHS = 3


class CrashMarkers:
    """How often a process died while it was handling one message alone."""

    def __init__(self, client: redis.Redis, stream_key: str) -> None:
        self._client = client
        self._key = crash_markers_key(stream_key)
        self._set: set[str] = set()  # by this process, and not cleared yet

    def run(self, name: str, handle: Callable[[], Report], reject: Callable[[str, str], Report]) -> Report:
        """Handle one message with its marker set; reject it once it killed `DEATHS` processes.

        A full Redis takes no mark: then the message is left where it is.

        Args:
            name: of the message.
            handle: brings it to its fate.
            reject: makes it a dead letter, given reason and detail.
        """
        for survived in [*self._set]:  # Redis was away when they were to be cleared
            self.clear(survived)
        deaths = self.deaths(name)
        if deaths >= DEATHS:
            report = reject("killed_worker", f"{deaths} processes died while handling it alone")
            self.clear(name)
            return report
        try:
            self.enter(name)
        except StreamFull:
            return Report()
        try:
            return handle()
        finally:
            self.clear(name)

    def deaths(self, name: str) -> int:
        """How many processes died on it so far."""
        with redis_translated():
            return int(self._client.hget(self._key, name) or 0)

    def enter(self, name: str) -> None:
        """Count one death in advance."""
        self._set.add(name)
        with redis_translated():
            self._client.hincrby(self._key, name, 1)

    def clear(self, name: str) -> None:
        """Forget it: this process is still alive."""
        with redis_translated():
            self._client.hdel(self._key, name)
        self._set.discard(name)
