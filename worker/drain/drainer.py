"""A drain with all its parts, made from the settings within the process that runs it."""

from __future__ import annotations

from trailkeeper.worker.ingest import Report
from trailkeeper.worker.ingest.crash_markers import CrashMarkers
from trailkeeper.worker.ingest.process import IngestProcess
from trailkeeper.worker.settings import WorkerSettings

from .batches import StreamBatches
from .drain import Drain
from .stream import Stream


class Drainer(IngestProcess):
    """Drains the stream, with connections and caches that live as long as their process."""

    role = "drain"
    check_signatures = True

    def __init__(self, settings: WorkerSettings, consumer: str, *, rejection_limit: bool = True) -> None:
        super().__init__(settings, consumer, rejection_limit=rejection_limit)
        stream = Stream(self.client, settings.stream, consumer)
        self._drain = Drain(
            stream,
            StreamBatches(stream, self.ingest, self.engine),
            CrashMarkers(self.client, settings.stream),
            batch_size=settings.batch_size,
            lease_seconds=settings.lease_seconds,
        )

    def run_source(self, seconds: float) -> Report:
        """Drain until the stream is empty or *seconds* have passed."""
        return self._drain.run(seconds)
