"""Exports by nobody who is signed in: counted, so that a visitor cannot fill the trail with events.

Each process counts them by what they are of and as what, and records one event for each of these
and each hour, without anybody's address or agent: when the hour is over and the next export begins, or
when the process ends. One that is killed loses the count of its last hour.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from trailkeeper import Actor, emit

TAG = "system:history:export"


class AnonymousExports:
    """The counts of one process for the hour under way."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._hour = _hour_of(now())
        self._counts: Counter[tuple[str, str]] = Counter()
        os.register_at_fork(after_in_child=self._forget)  # they are the parent's to record
        atexit.register(self.record)

    def count(self, about: str, form: str) -> None:
        """Count one export, after recording those of an hour that is over."""
        if _hour_of(self._now()) != self._hour:
            self.record()
        with self._lock:
            self._counts[about, form] += 1

    def record(self) -> None:
        """Record what was counted, and begin anew."""
        with self._lock:
            hour, self._hour = self._hour, _hour_of(self._now())
            counts, self._counts = self._counts, Counter()
        for (about, form), number in sorted(counts.items()):
            payload = {"about": about, "format": form, "count": number, "since": hour.isoformat()}
            emit(TAG, actor=Actor(kind="system"), additional=payload)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counter()


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
