"""What a drain and a relay have in common: connections and caches of one process."""

from __future__ import annotations

from abc import ABC, abstractmethod

from trailkeeper.worker.engines import engine_of
from trailkeeper.worker.settings import WorkerSettings

from .fates import Report
from .kernel import make_ingest

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
        self.engine = engine_of(settings, f"{self.role} {consumer}", idle_timeout_ms=IDLE_MS)
        self.ingest = make_ingest(
            settings, self.engine, of_messages=True, check_signatures=self.check_signatures
        )

    @abstractmethod
    def run(self, seconds: float | None = None) -> Report:
        """Store what waits for *seconds*, or for the time the settings give.

        Raises:
            One of `fates.RETRY`: nothing is lost.
        """

    def close(self) -> None:
        """Give connections back."""
        self.engine.dispose()
