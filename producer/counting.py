"""One call records the event and counts it; counting never breaks the recording."""

from __future__ import annotations

import logging

from .metrics import Metrics

logger = logging.getLogger("producer")


class Counting:
    """Increments ``trailkeeper.events`` once for each emit, whatever became of it.

    Args:
        metrics: the application's, or None to count nothing.
    """

    def __init__(self, metrics: Metrics | None) -> None:
        self._metrics = metrics
        self._complained = False

    def count(self, tag: str, outcome: str) -> None:
        """Add one. What the application's metrics raise is logged, the first time."""
        if self._metrics is None:
            return
        try:
            self._metrics.increment("trailkeeper.events", [f"tag:{tag}", f"outcome:{outcome}"])
        except Exception:
            if not self._complained:
                logger.exception("metrics_failed: events are recorded, but not counted")
            self._complained = True
