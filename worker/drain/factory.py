"""A drain with all its parts, made from the settings within the process that runs it."""

from __future__ import annotations

from datetime import UTC, datetime

import redis
from sqlalchemy import Engine

from models.engine import make_engine
from producer import catalogue
from worker.enrich import ClientFinder, LocationFinder
from worker.settings import WorkerSettings

from . import pause
from .batch import Batch
from .derive import Derive
from .drain import Drain
from .fates import RETRY
from .fuse import Fuse
from .report import Report
from .signatures import Signatures
from .store import Store
from .stream import Stream, connect
from .suspects import Suspects


class Drainer:
    """The parts that live as long as their process: connections, readers and caches.

    Args:
        settings: where everything is.
        consumer: the name under which messages are held; stable for one pool slot.
        fuse: False to go on however much is rejected.
    """

    def __init__(self, settings: WorkerSettings, consumer: str, *, fuse: bool = True) -> None:
        self._settings = settings
        self._redis = connect(settings.redis_url)
        self._engine = make_engine(settings.database_url, application_name=f"trailkeeper drain {consumer}")
        self._drain = _drain(settings, consumer, self._redis, self._engine, fuse=fuse)

    def run(self, seconds: float | None = None) -> Report:
        """Drain for *seconds*, or for the time the settings give; pause the fleet where it must wait.

        Raises:
            One of `fates.RETRY`: nothing is lost, and a pause is on where Redis could be told.
        """
        began = datetime.now(UTC)
        try:
            report = self._drain.run(self._settings.drain_seconds if seconds is None else seconds)
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


def _drain(
    settings: WorkerSettings, consumer: str, client: redis.Redis, engine: Engine, *, fuse: bool
) -> Drain:
    stream = Stream(client, settings.stream, consumer)
    batch = Batch(
        stream,
        catalogue.load(settings.catalogue),
        Derive(engine, LocationFinder(settings.geoip), ClientFinder()),
        Store(engine, settings.stream),
        Fuse(client, settings.stream) if fuse else None,
        signatures=Signatures.of(settings.verify_keys),
    )
    return Drain(
        stream,
        batch,
        Suspects(client, settings.stream),
        batch_size=settings.batch_size,
        lease_seconds=settings.lease_seconds,
    )
