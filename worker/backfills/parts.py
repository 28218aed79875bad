"""What the kinds of backfills work with, made once a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy import Connection, Engine

from trailkeeper.models.backfills import Advance, StoredBackfill
from trailkeeper.models.counting import Producers
from trailkeeper.models.engine import make_engine
from trailkeeper.producer import catalogue
from trailkeeper.worker.drain.derive import Derive
from trailkeeper.worker.drain.signatures import Signatures
from trailkeeper.worker.enrich import ClientFinder, LocationFinder
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.writing import Writer

from .enrich import Enrich
from .importing import Import
from .replaying import Replay


class Work(Protocol):
    """One kind of backfill."""

    size: int

    def chunk(self, connection: Connection, job: StoredBackfill, size: int) -> Advance:
        """Do the next chunk within a transaction that holds the backfill's row."""


class Parts:
    """Finders, caches and the kinds that use them.

    Raises:
        CatalogueError: a catalogue file is wrong.
    """

    def __init__(self, engine: Engine, settings: WorkerSettings) -> None:
        self.catalogue = catalogue.load(settings.catalogue)
        self.locations = LocationFinder(settings.geoip)
        self.clients = ClientFinder()
        derive = Derive(engine, self.locations, self.clients)
        producers = Producers(engine)
        writer = Writer(derive, producers)
        self.enrich = Enrich(engine, derive, self.locations, self.clients)
        self.replay = Replay(writer, self.catalogue, settings.stream, Signatures.of(settings.verify_keys))
        self._importing = Import(engine, writer, self.catalogue, producers)
        self.kinds: dict[str, Work] = {
            "enrich": self.enrich,
            "import": self._importing,
            "dead_letters": self.replay,
        }

    def close(self) -> None:
        """End what still gets ready."""
        self.enrich.ahead.close()
        self._importing.ahead.close()


@contextmanager
def backfill_engine(settings: WorkerSettings) -> Iterator[Engine]:
    """An engine for as long as the block."""
    engine = make_engine(
        settings.database_url, schema=settings.schema, application_name="trailkeeper backfill"
    )
    try:
        yield engine
    finally:
        engine.dispose()
