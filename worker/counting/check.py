"""Beat's check: merges counts, notes gaps, and records an event for each that lasts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy import Connection, Engine

from trailkeeper.models.counting import Producers, size
from trailkeeper.models.counting.gaps import Gap, missing_numbers, record_highest, report_overdue, update_gaps
from trailkeeper.models.counting.merging import merge_all
from trailkeeper.models.counting.moving import lock_counts
from trailkeeper.models.counting.ranges import format_ranges, without
from trailkeeper.models.engine import after_commit, transaction
from trailkeeper.models.partitions import ensure, period_of
from trailkeeper.producer import catalogue
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.validation import harmless
from trailkeeper.worker.engines import engine_for
from trailkeeper.worker.ingest.sequence_numbers import Numbered, ranges_by_producer
from trailkeeper.worker.recording import SYSTEM, record
from trailkeeper.worker.settings import WorkerSettings

from .waiting import in_spool, in_streams

logger = logging.getLogger(__name__)

MOST_WAITING = 50_000
"""Entries of the stream. While it is longer, what seems missing may be in it, and no alarm is raised."""


class GapCheck(msgspec.Struct, frozen=True):
    """What a check found.

    Attributes:
        merged: how many counts were merged.
        reported: gaps that were reported now.
        ended: gaps of which all was found.
        complete: False where the stream was too long to look for gaps.
    """

    merged: int
    reported: list[Gap]
    ended: list[Gap]
    complete: bool


def check(settings: WorkerSettings) -> GapCheck:
    """Merge counts, note gaps, and record an event for each that outlived its grace and each that ended.

    Raises:
        StreamUnavailable: Redis did not answer, so what waits in the stream is unknown.
        StoreUnavailable: Postgres did not answer.
    """
    waiting = in_streams(settings, MOST_WAITING)
    numbered = [*waiting.numbered, *in_spool(settings)]
    with engine_for(settings, "counting") as engine:
        return _checked(engine, settings, numbered, complete=waiting.complete)


def _checked(
    engine: Engine, settings: WorkerSettings, waiting: Sequence[Numbered], *, complete: bool
) -> GapCheck:
    ids = Producers(engine).ids({each.producer for each in waiting})
    merged = merge_all(engine)
    # what is reported is an event; its partition is made before counts are locked
    ensure(engine, {period_of("system", datetime.now(UTC))})
    on_their_way = ranges_by_producer(waiting, ids)
    with transaction(engine) as connection:
        lock_counts(connection)
        record_highest(connection, {producer: numbers[-1][1] for producer, numbers in on_their_way.items()})
        if not complete:
            logger.info("the stream is too long to look for gaps")
            return GapCheck(merged, [], [], complete=False)
        missing = {
            producer: left
            for producer, numbers in missing_numbers(connection).items()
            if (left := without(numbers, on_their_way.get(producer, [])))
        }
        ended = update_gaps(connection, missing)
        reported = report_overdue(connection, timedelta(seconds=settings.gap_grace_seconds))
        known = catalogue.load(settings.catalogue) if reported or ended else None
        if known is not None:
            _report(connection, known, reported, [gap for gap in ended if gap.reported_at is not None])
    return GapCheck(merged, reported, ended, complete=True)


def _report(connection: Connection, known: Catalogue, reported: Sequence[Gap], ended: Sequence[Gap]) -> None:
    for tag, gaps in (("system:gap:report", reported), ("system:gap:close", ended)):
        for gap in gaps:
            numbers, count = format_ranges(gap.numbers), size(gap.numbers)
            facts = {"gap_id": str(gap.id), "producer": gap.name, "numbers": numbers, "count": count}
            facts["since"] = gap.noticed_at.isoformat(timespec="seconds")
            record(connection, known, tag, SYSTEM, facts)
            after_commit(
                connection, partial(logger.warning, "%s: %s of %s", tag, numbers, harmless(gap.name))
            )
