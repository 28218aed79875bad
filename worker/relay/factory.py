"""A relay with all its parts, made from the settings within the process that runs it."""

from __future__ import annotations

from trailkeeper.models.engine import make_engine
from trailkeeper.producer import catalogue
from trailkeeper.worker.drain.derive import Derive
from trailkeeper.worker.drain.fuse import Fuse
from trailkeeper.worker.drain.pausing import Pausing
from trailkeeper.worker.drain.stream import connect
from trailkeeper.worker.drain.suspects import Suspects
from trailkeeper.worker.enrich import ClientFinder, LocationFinder
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.writing import Writer

from .batch import Batch
from .marks import Marks
from .relay import Relay


class Relayer(Pausing):
    """A relay, with connections, readers and caches that live as long as their process.

    Args:
        settings: where everything is.
        consumer: stable for one pool slot.
        fuse: False to go on however much is rejected.
    """

    def __init__(self, settings: WorkerSettings, consumer: str, *, fuse: bool = True) -> None:
        client = connect(settings.redis_url)
        engine = make_engine(
            settings.database_url, schema=settings.schema, application_name=f"trailkeeper relay {consumer}"
        )
        self._relay = Relay(
            engine,
            Batch(
                catalogue.load(settings.catalogue),
                Writer(Derive(engine, LocationFinder(settings.geoip), ClientFinder())),
                Fuse(client, settings.stream) if fuse else None,
            ),
            Marks(client, settings.stream, consumer),
            Suspects(client, settings.stream),
            batch_size=settings.batch_size,
        )
        super().__init__(settings, client, engine, self._relay)
