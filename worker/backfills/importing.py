"""Lines of a file as a source of ingestion: one block a chunk."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from trailkeeper.models.backfills import Advance, StoredBackfill
from trailkeeper.models.backfills.dead_letters import stream_of
from trailkeeper.models.backfills.purged import Floors, floors
from trailkeeper.models.backfills.staging import Block, is_complete, is_unchanged, next_block, remove
from trailkeeper.models.partitions import id_floor
from trailkeeper.worker.ingest import Ingest, Prepared, write
from trailkeeper.worker.ingest.judge import Judged, JudgeMessage
from trailkeeper.worker.ingest.messages import IncomingMessage, Rejected

from .blocks import from_lines, read_block
from .prefetch import Prefetch

LINES = 4_000
"""The most lines of a block."""


MOST_REJECTED = 1_000
"""Dead letters of one import after which it stops,"""

REJECTED_SHARE = 0.2
"""if they are more than this share of the lines so far."""


class PreparedBlock(NamedTuple):
    """A block, with its lines prepared to be written.

    Attributes:
        block: as it was read.
        floors: of what was purged until then.
        seen: how many lines it has.
        prepared: what is to be written.
    """

    block: Block
    floors: Floors
    seen: int
    prepared: Prepared


class Import:
    """The kind ``import``. What is there already is left as it is; bad lines become dead letters.

    While a block is being stored, the next one is read and prepared.
    """

    size = LINES

    def __init__(self, engine: Engine, ingest: Ingest) -> None:
        self._ingest = ingest
        self.ahead: Prefetch[PreparedBlock | None] = Prefetch(engine)

    def chunk(self, connection: Connection, job: StoredBackfill, size: int) -> Advance:  # noqa: ARG002 - as the others
        """Store the next block, or wait for it; the end is where none waits and none follows."""
        last = (job.cursor or {}).get("line", 0)
        complete = is_complete(connection, job.id)
        block = self._prefetched(connection, job.id, last) or self._prepare(connection, job.id, last)
        if block is None:
            return Advance(None if complete else {**(job.cursor or {}), "line": last})
        after = block.block.last_line
        self.ahead.begin((job.id, after), lambda other: self._prepare(other, job.id, after))
        source = stream_of(job.digest or b"")
        report = write(connection, block.prepared, source=source, imported_by=job.id)
        remove(connection, job.id, block.block)
        counts = (block.seen, report.stored, report.duplicates, report.dead_lettered)
        return stopped_if_bad(job, Advance({**(job.cursor or {}), "line": after}, *counts))

    def _prefetched(self, connection: Connection, identity: int, last: int) -> PreparedBlock | None:
        """What was prepared, unless an erasure altered its lines since, or a purge removed their time."""
        block = self.ahead.take((identity, last))
        if block is None or not is_unchanged(connection, identity, block.block):
            return None
        return block if block.floors == floors(connection) else None

    def _prepare(self, connection: Connection, identity: int, last: int) -> PreparedBlock | None:
        block = next_block(connection, identity, last)
        if block is None:
            return None
        messages, rejected = from_lines(read_block(block.content))
        purged = floors(connection)
        judge = refusing_purged(self._ingest.judge.judge, purged)
        prepared = self._ingest.prepare(messages, judge, rejected)
        return PreparedBlock(block, purged, len(messages) + len(rejected), prepared)


def stopped_if_bad(job: StoredBackfill, done: Advance) -> Advance:
    """Stop where too many lines are no events; resumed, it goes on for ten times as many."""
    seen, rejected = job.seen + done.seen, job.rejected + done.rejected
    most = (job.cursor or {}).get("most_rejected", MOST_REJECTED)
    if rejected < most or rejected <= REJECTED_SHARE * seen:
        return done
    stop = (
        f"stopped: {rejected:,} of the first {seen:,} lines became dead letters (`backfill show {job.id}`"
        f" lists them). Resume it to go on, up to {10 * rejected:,}, or cancel it"
    )
    return replace(done, cursor={**(done.cursor or {}), "most_rejected": 10 * rejected}, stop=stop)


def refusing_purged(judge: JudgeMessage, purged: Floors) -> JudgeMessage:
    """A judge that rejects events of a time that was purged: no import brings back what policy removed."""
    if not purged:
        return judge

    def judge_purged(message: IncomingMessage, now: datetime) -> Judged:
        verdict = judge(message, now)
        if isinstance(verdict, Rejected):
            return verdict
        kind = verdict.event_type
        before = purged.get((kind.scope, kind.tag if kind.retention_days is not None else None))
        # by the id, as purges remove by it
        if before is None or verdict.event.id >= id_floor(before):
            return verdict
        detail = f"{kind.scope} events before {before.isoformat(timespec='seconds')} were purged"
        return Rejected(message, "expired", detail)

    return judge_purged
