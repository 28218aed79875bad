"""A relay with all its parts, made from the settings within the process that runs it."""

from __future__ import annotations

from trailkeeper.worker.ingest import Report
from trailkeeper.worker.ingest.crash_markers import CrashMarkers
from trailkeeper.worker.ingest.process import IngestProcess
from trailkeeper.worker.settings import WorkerSettings

from .batch_marker import BatchMarker
from .relay import Relay


class Relayer(IngestProcess):
    """Relays the outbox, with connections and caches that live as long as their process."""

    role = "relay"

    def __init__(self, settings: WorkerSettings, consumer: str, *, rejection_limit: bool = True) -> None:
        super().__init__(settings, consumer, rejection_limit=rejection_limit)
        self._relay = Relay(
            self.engine,
            self.ingest,
            BatchMarker(self.client, settings.stream, consumer),
            CrashMarkers(self.client, settings.stream),
            batch_size=settings.batch_size,
        )

    def run_source(self, seconds: float) -> Report:
        """Relay until nothing waits that nobody else is at, or *seconds* have passed."""
        return self._relay.run(seconds)
