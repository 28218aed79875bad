"""Replaces pool processes that died within a second: a step of Celery's own consumer.

Celery sees by itself that one died, but often only every five seconds: what tells the
parent is a pipe, and the pool's younger processes hold its other end as well.
"""

from __future__ import annotations

from typing import Any

from celery import bootsteps

SECONDS = 1.0


class Replacer(bootsteps.StartStopStep):  # type: ignore[misc]  # celery publishes no types
    """Has the pool look after its processes every second."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        """Begin."""
        self._timer = consumer.timer.call_repeatedly(SECONDS, consumer.pool.maintain_pool)

    def stop(self, consumer: Any) -> None:  # noqa: ARG002 - the interface is Celery's
        """Stop."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
