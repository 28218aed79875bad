"""One call records the event and counts it; counting never breaks the recording."""

from __future__ import annotations

import logging

from .metrics import Metrics

logger = logging.getLogger("trailkeeper")


class Counting:
    """Increments ``trailkeeper.events`` once for each emit, ``trailkeeper.secrets`` for each one removed.

    Args:
        metrics: the application's, or None to count nothing.
    """

    def __init__(self, metrics: Metrics | None) -> None:
        self._metrics = metrics
        self._complained = False

    def count(self, tag: str, outcome: str) -> None:
        """Add one. What the application's metrics raise is logged, the first time."""
        self._increment("trailkeeper.events", [f"tag:{tag}", f"outcome:{outcome}"])

    def removed(self, tag: str, number: int) -> None:
        """Add so many secrets that were removed from one event."""
        for _ in range(number):
            self._increment("trailkeeper.secrets", [f"tag:{tag}"])

    def _increment(self, name: str, tags: list[str]) -> None:
        if self._metrics is None:
            return
        try:
            self._metrics.increment(name, tags)
        except Exception:
            if not self._complained:
                logger.exception("metrics_failed: events are recorded, but not counted")
            self._complained = True
