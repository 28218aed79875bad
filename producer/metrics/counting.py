"""Counts what becomes of events; an error in the application's metrics never breaks an emit."""

from __future__ import annotations

import logging

from trailkeeper.producer.errors import is_interruption

from . import Metrics

logger = logging.getLogger("trailkeeper")


class Counting:
    """Increments ``trailkeeper.events`` once for each emit, ``trailkeeper.secrets`` for each secret removed.

    Args:
        metrics: the application's; None to count nothing.
    """

    def __init__(self, metrics: Metrics | None) -> None:
        self._metrics = metrics
        self._failed = False

    def count(self, tag: str, outcome: str) -> None:
        """Count one event. An exception of the application's metrics is logged, the first time."""
        self._increment("trailkeeper.events", [f"tag:{tag}", f"outcome:{outcome}"])

    def count_secrets(self, tag: str, number: int) -> None:
        """Count the secrets that were removed from one event."""
        for _ in range(number):
            self._increment("trailkeeper.secrets", [f"tag:{tag}"])

    def _increment(self, name: str, tags: list[str]) -> None:
        if self._metrics is None:
            return
        try:
            self._metrics.increment(name, tags)
        except Exception as error:
            if is_interruption(error):
                raise
            if not self._failed:
                logger.exception("metrics_failed: events are recorded, but not counted")
            self._failed = True
