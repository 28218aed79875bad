"""What a drain and a relay have in common: connections and caches of one process, and the fleet's pause."""

from __future__ import annotations

from abc import ABC, abstractmethod

from trailkeeper.producer.redis_client import connect
from trailkeeper.worker.engines import engine_of
from trailkeeper.worker.settings import WorkerSettings

from .crash_markers import CrashMarkers
from .fates import Report
from .kernel import make_ingest
from .pause import run_or_pause

IDLE_MS = 30_000
"""The longest that a transaction may leave Postgres without anything to do. Then its process hangs, or its
machine is gone, and whoever takes over its messages would wait for its rows until TCP notices, in hours."""


class IngestProcess(ABC):
    """A source with all that it needs, made from the settings within the process that runs it.

    Args:
        settings: where everything is.
        consumer: the name under which messages are held; stable for one pool slot.
    """

    role: str
    check_signatures = False

    def __init__(self, settings: WorkerSettings, consumer: str) -> None:
        self.settings = settings
        self.consumer = consumer
        self.client = connect(settings.redis_url)
        self.engine = engine_of(settings, f"{self.role} {consumer}", idle_timeout_ms=IDLE_MS)
        self.crash_markers = CrashMarkers(self.client, settings.stream)
        self.ingest = make_ingest(
            settings, self.engine, of_messages=True, check_signatures=self.check_signatures
        )

    def run(self, seconds: float | None = None) -> Report:
        """Store for *seconds*, or for the time the settings give; pause the fleet where it must wait.

        Raises:
            One of `fates.RETRY`: nothing is lost, and a pause is on if Redis could be reached.
        """
        longest = self.settings.drain_seconds if seconds is None else seconds
        return run_or_pause(self.client, self.settings.stream, lambda: self.run_source(longest))

    @abstractmethod
    def run_source(self, seconds: float) -> Report:
        """Store what waits, for no longer than this."""

    def close(self) -> None:
        """Give connections back."""
        self.engine.dispose()
        self.client.close()
