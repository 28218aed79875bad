"""What a drain and a relay do alike: run for a time, and pause the fleet where they must wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

import redis
from sqlalchemy import Engine

from trailkeeper.worker.settings import WorkerSettings

from . import pause
from .fates import RETRY
from .report import Report


class Running(Protocol):
    """A drain, or a relay."""

    def run(self, seconds: float) -> Report:
        """Store what waits, for no longer than this."""


class Pausing:
    """The parts that live as long as their process: connections, readers and caches.

    Args:
        settings: where everything is.
        client: of Redis; closed with the rest.
        engine: of the database; likewise.
        running: what stores, through the two.
    """

    def __init__(
        self, settings: WorkerSettings, client: redis.Redis, engine: Engine, running: Running
    ) -> None:
        self._settings = settings
        self._redis = client
        self._engine = engine
        self._running = running

    def run(self, seconds: float | None = None) -> Report:
        """Store for *seconds*, or for the time the settings give; pause the fleet where it must wait.

        Raises:
            One of `fates.RETRY`: nothing is lost, and a pause is on where Redis could be told.
        """
        began = datetime.now(UTC)
        try:
            report = self._running.run(self._settings.drain_seconds if seconds is None else seconds)
            if report.batches:
                pause.succeeded(self._redis, self._settings.stream, began)
        except RETRY as error:
            pause.begin(self._redis, self._settings.stream, pause.cause_of(error), str(error))
            raise
        return report

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()
        self._redis.close()
