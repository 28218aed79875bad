"""What the kinds of backfills work with, made once a process."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Connection, Engine

from trailkeeper.models.backfills import Advance, StoredBackfill
from trailkeeper.worker.ingest import make_ingest
from trailkeeper.worker.ingest.expiry import Expiry
from trailkeeper.worker.ingest.signatures import Signatures
from trailkeeper.worker.settings import WorkerSettings

from .enrich import Enrich
from .importing import Import
from .replaying import Replay


class BackfillKind(Protocol):
    """One kind of backfill."""

    size: int

    def chunk(self, connection: Connection, job: StoredBackfill, size: int) -> Advance:
        """Do the next chunk within a transaction that holds the backfill's row."""


class BackfillParts:
    """The kernel of ingestion and the kinds of backfills that use it.

    Raises:
        CatalogueError: a catalogue file is wrong.
    """

    def __init__(self, engine: Engine, settings: WorkerSettings) -> None:
        ingest = make_ingest(settings, engine)
        self.judge = ingest.judge
        self.catalogue = ingest.judge.catalogue
        self.enrichments = ingest.derive.enrichments
        self.enrich = Enrich(engine, ingest.derive)
        signatures = Signatures.of(settings.verify_keys, self.catalogue)
        self.replay = Replay(ingest, signatures, Expiry(settings, self.catalogue, engine))
        self._importing = Import(engine, ingest)
        self.kinds: dict[str, BackfillKind] = {
            "enrich": self.enrich,
            "import": self._importing,
            "dead_letters": self.replay,
        }

    def close(self) -> None:
        """End the threads that prepare chunks."""
        self.enrich.ahead.close()
        self._importing.ahead.close()
