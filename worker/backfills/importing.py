"""Lines of a file into the table: one block a chunk, through the judge and the rows of the drain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from trailkeeper.models.backfills import Advance, StoredBackfill
from trailkeeper.models.backfills.letters import stream_of
from trailkeeper.models.backfills.purged import Floors, floors
from trailkeeper.models.backfills.staging import Block, is_complete, is_unchanged, next_block, remove
from trailkeeper.models.counting import Producers
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import RefusedRow
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.worker.drain.judge import judge_all
from trailkeeper.worker.drain.messages import Accepted, Message, Rejected
from trailkeeper.worker.drain.ready import Ready, parts_of
from trailkeeper.worker.writing import Writer, keep

from .blocks import from_block
from .prefetch import Prefetch

LINES = 4_000
"""The most lines of a block."""


class Looked(NamedTuple):
    """A block, and what is to become of its lines.

    Attributes:
        block: as it was read.
        floors: of what was purged until then.
        seen: how many lines it has.
        ready: what is to be stored.
        bad: the lines that can not be.
    """

    block: Block
    floors: Floors
    seen: int
    ready: Ready
    bad: list[Rejected]


class Import:
    """The kind ``import``. What is there already is left as it is; bad lines become dead letters.

    While a block is being stored, the next one is read and made ready.
    """

    size = LINES

    def __init__(self, engine: Engine, writer: Writer, catalogue: Catalogue, producers: Producers) -> None:
        self._engine = engine
        self._writer = writer
        self._producers = producers
        self._catalogue = catalogue
        self.ahead: Prefetch[Looked | None] = Prefetch()

    def chunk(self, connection: Connection, job: StoredBackfill, size: int) -> Advance:  # noqa: ARG002 - as the others
        """Store the next block, or wait for it; the end is where none waits and none follows."""
        last = (job.cursor or {}).get("line", 0)
        complete = is_complete(connection, job.id)
        looked = self._taken(connection, job.id, last) or self._looked(connection, job.id, last)
        if looked is None:
            return Advance(None if complete else {"line": last})
        after = looked.block.last_line
        self.ahead.begin((job.id, after), lambda: self._looked_ahead(job.id, after))
        done = self._store(connection, job, looked)
        remove(connection, job.id, looked.block)
        return Advance({"line": after}, *done)

    def _taken(self, connection: Connection, identity: int, last: int) -> Looked | None:
        """What was made ready, unless an erasure altered its lines since, or a purge removed their time."""
        looked = self.ahead.take((identity, last))
        if looked is None or not is_unchanged(connection, identity, looked.block):
            return None
        return looked if looked.floors == floors(connection) else None

    def _looked_ahead(self, identity: int, last: int) -> Looked | None:
        with transaction(self._engine) as connection:
            return self._looked(connection, identity, last)

    def _looked(self, connection: Connection, identity: int, last: int) -> Looked | None:
        block = next_block(connection, identity, last)
        if block is None:
            return None
        messages, bad = from_block(block.content)
        found = Looked(block, floors(connection), len(messages) + len(bad), Ready(), bad)
        for part in parts_of(messages):
            accepted, rejected = self._judged(part, found.floors)
            self._writer.ready(accepted, found.ready)
            bad += rejected
        return found

    def _judged(self, messages: Sequence[Message], purged: Floors) -> tuple[list[Accepted], list[Rejected]]:
        accepted, rejected = judge_all(messages, self._catalogue, datetime.now(UTC))
        kept, gone = apart(accepted, purged)
        return kept, [*rejected, *gone]

    def _store(
        self, connection: Connection, job: StoredBackfill, looked: Looked
    ) -> tuple[int, int, int, int]:
        """Returns how many were seen, stored, there already, rejected."""
        bad = looked.bad
        try:
            stored = self._writer.write(connection, looked.ready, imported_by=job.id)
        except RefusedRow:
            # one of them; its line is found by storing them once more, in ever smaller parts
            accepted, _ = self._judged(from_block(looked.block.content)[0], looked.floors)
            stored, refused = self._writer.store(connection, accepted, imported_by=job.id)
            bad = [*bad, *refused]
        keep(connection, stream_of(job.digest or b""), bad, self._producers)
        return looked.seen, stored, looked.seen - stored - len(bad), len(bad)


def apart(accepted: Sequence[Accepted], purged: Floors) -> tuple[list[Accepted], list[Rejected]]:
    """Events, and those of a time that was purged: what was removed by policy is not brought back."""
    if not purged:
        return list(accepted), []
    kept: list[Accepted] = []
    gone: list[Rejected] = []
    for each in accepted:
        kind = each.event_type
        before = purged.get((kind.scope, kind.tag if kind.retention_days is not None else None))
        if before is not None and each.event.occurred_at < before:
            said = f"{kind.scope} events before {before.isoformat(timespec='seconds')} were purged"
            gone.append(Rejected(each.message, "purged", said))
        else:
            kept.append(each)
    return kept, gone
