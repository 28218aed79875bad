"""A drain with all its parts, made from the settings within the process that runs it."""

from __future__ import annotations

import redis
from sqlalchemy import Engine

from trailkeeper.models.engine import make_engine
from trailkeeper.producer import catalogue
from trailkeeper.worker.enrich import ClientFinder, LocationFinder
from trailkeeper.worker.settings import WorkerSettings

from .batch import Batch
from .derive import Derive
from .drain import Drain
from .fuse import Fuse
from .pausing import Pausing
from .signatures import Signatures
from .store import Store
from .stream import Stream, connect
from .suspects import Suspects


class Drainer(Pausing):
    """A drain, with connections, readers and caches that live as long as their process.

    Args:
        settings: where everything is.
        consumer: the name under which messages are held; stable for one pool slot.
        fuse: False to go on however much is rejected.
    """

    def __init__(self, settings: WorkerSettings, consumer: str, *, fuse: bool = True) -> None:
        client = connect(settings.redis_url)
        engine = make_engine(
            settings.database_url, schema=settings.schema, application_name=f"trailkeeper drain {consumer}"
        )
        super().__init__(settings, client, engine, _drain(settings, consumer, client, engine, fuse=fuse))


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
