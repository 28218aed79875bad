"""How often something may be tried: a sliding window a key, in memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from enum import Enum, auto

MOST_KEYS = 10_000


class Attempt(Enum):
    """What became of an attempt."""

    ALLOWED = auto()
    REFUSED_FIRST = auto()
    REFUSED_AGAIN = auto()


class RateLimit:
    """At most *most* attempts a key in *seconds*; safe to share between threads."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._lock = threading.Lock()
        self._attempts: OrderedDict[str, deque[float]] = OrderedDict()

    def attempt(self, *keys: str) -> Attempt:
        """Count an attempt for each key, unless one has used up its own.

        The first refusal is told from those after it, so that whoever goes on
        trying cannot fill a history.
        """
        with self._lock:
            recent = {key: self._recent(key) for key in keys}
            most = max(map(len, recent.values()))
            if most > self._most:
                return Attempt.REFUSED_AGAIN
            for key, times in recent.items():
                times.append(time.monotonic())
                self._attempts[key] = times
                self._attempts.move_to_end(key)
            while len(self._attempts) > MOST_KEYS:
                self._attempts.popitem(last=False)
            return Attempt.ALLOWED if most < self._most else Attempt.REFUSED_FIRST

    def forget(self, key: str) -> None:
        """Start anew for one key: its owner has shown who it is."""
        with self._lock:
            self._attempts.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        times = self._attempts.get(key, deque())
        while times and times[0] < time.monotonic() - self._seconds:
            times.popleft()
        return times
