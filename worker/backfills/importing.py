"""Lines of a file into the table: one block a chunk, through the judge and the rows of the drain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from models.backfills import Advance, StoredBackfill
from models.backfills.letters import stream_of
from models.backfills.purged import Floors, floors
from models.backfills.staging import is_complete, next_block, remove
from models.counting import Producers
from producer.catalogue import Catalogue
from worker.drain.judge import judge_all
from worker.drain.messages import Accepted, Message, Rejected
from worker.writing import Writer, keep

from .blocks import from_block

LINES = 2_000
"""The most lines of a block."""


class Import:
    """The kind ``import``. What is there already is left as it is; bad lines become dead letters."""

    size = LINES

    def __init__(self, writer: Writer, catalogue: Catalogue, producers: Producers) -> None:
        self._writer = writer
        self._producers = producers
        self._catalogue = catalogue

    def chunk(self, connection: Connection, job: StoredBackfill, size: int) -> Advance:  # noqa: ARG002 - as the others
        """Store the next block, or wait for it; the end is where none waits and none follows."""
        last = (job.cursor or {}).get("line", 0)
        complete = is_complete(connection, job.id)
        block = next_block(connection, job.id, last)
        if block is None:
            return Advance(None if complete else {"line": last})
        messages, rejected = from_block(block.content)
        done = self._store(connection, job, messages, rejected)
        remove(connection, job.id, block)
        return Advance({"line": block.last_line}, *done)

    def _store(
        self, connection: Connection, job: StoredBackfill, messages: list[Message], unread: list[Rejected]
    ) -> tuple[int, int, int, int]:
        """Returns how many were seen, stored, there already, rejected."""
        accepted, rejected = judge_all(messages, self._catalogue, datetime.now(UTC))
        accepted, purged = apart(accepted, floors(connection))
        stored, refused = self._writer.store(connection, accepted, imported_by=job.id)
        bad = [*unread, *rejected, *purged, *refused]
        keep(connection, stream_of(job.digest or b""), bad, self._producers)
        seen = len(messages) + len(unread)
        return seen, stored, seen - stored - len(bad), len(bad)


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
