"""A relay with all its parts, made from the settings within the process that runs it."""

from __future__ import annotations

from datetime import UTC, datetime

from models.engine import make_engine
from producer import catalogue
from worker.backfills.writing import Writer
from worker.drain import pause
from worker.drain.derive import Derive
from worker.drain.fates import RETRY
from worker.drain.fuse import Fuse
from worker.drain.report import Report
from worker.drain.stream import connect
from worker.drain.suspects import Suspects
from worker.enrich import ClientFinder, LocationFinder
from worker.settings import WorkerSettings

from .batch import Batch
from .marks import Marks
from .relay import Relay


class Relayer:
    """The parts that live as long as their process: connections, readers and caches.

    Args:
        settings: where everything is.
        consumer: stable for one pool slot.
        fuse: False to go on however much is rejected.
    """

    def __init__(self, settings: WorkerSettings, consumer: str, *, fuse: bool = True) -> None:
        self._settings = settings
        self._redis = connect(settings.redis_url)
        self._engine = make_engine(settings.database_url, application_name=f"trailkeeper relay {consumer}")
        self._relay = Relay(
            self._engine,
            Batch(
                catalogue.load(settings.catalogue),
                Writer(Derive(self._engine, LocationFinder(settings.geoip), ClientFinder())),
                Fuse(self._redis, settings.stream) if fuse else None,
            ),
            Marks(self._redis, settings.stream, consumer),
            Suspects(self._redis, settings.stream),
            batch_size=settings.batch_size,
        )

    def run(self, seconds: float | None = None) -> Report:
        """Relay for *seconds*, or for the time the settings give; pause the fleet where it must wait.

        Raises:
            One of `fates.RETRY`: nothing is lost, and a pause is on where Redis could be told.
        """
        began = datetime.now(UTC)
        try:
            report = self._relay.run(self._settings.drain_seconds if seconds is None else seconds)
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
