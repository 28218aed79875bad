"""The purge: whole partitions are dropped, the edge is deleted in bounded batches, what is held stays.

Each step commits by itself together with its count, so a purge that is killed is
finished by the next one, in the same record. A partition with held events is not
dropped; the others of its events are deleted from it. To move held events aside
and drop the rest would be cheaper, but would take them out of everybody's sight
for as long as the slowest reader keeps the partition from being detached.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from trailkeeper.models import erased_persons
from trailkeeper.models.counting import from_text
from trailkeeper.models.counting.moving import move
from trailkeeper.models.engine import after_commit, transaction
from trailkeeper.models.holds import HELD, any_in_force, wait_for_holds
from trailkeeper.models.locks import PURGING
from trailkeeper.models.partitions import Partition, drop, finish, id_floor
from trailkeeper.models.tables import Purge
from trailkeeper.producer import catalogue
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.worker.clocks import present
from trailkeeper.worker.recording import announce
from trailkeeper.worker.settings import WorkerSettings

from . import records
from .advisory_lock import job_engine, one_at_a_time
from .policy import Rule, rules
from .removal import EXPIRED, Removal, goes_whole, holding, planned, touched, values_of
from .windows import LOWEST, WITHIN, edge

logger = logging.getLogger(__name__)

BATCH = 5_000
REST = 1.0
"""How long ingestion has the disk to itself after each batch, as a part of what the batch took."""


def plan(settings: WorkerSettings, now: datetime | None = None) -> list[Removal]:
    """What a purge would remove, partition by partition; changes nothing.

    Raises:
        StoreUnavailable: Postgres did not answer.
    """
    now = now or present(settings)
    with job_engine(settings, "purge") as engine, transaction(engine) as connection:
        removals = [
            planned(connection, rule, partition, now)
            for rule in rules(settings, catalogue.load(settings.catalogue))
            for partition in touched(connection, rule, now)
        ]
    return [removal for removal in removals if removal.events or removal.whole or removal.held]


def purge(settings: WorkerSettings, now: datetime | None = None) -> list[Removal]:
    """Remove what is past its retention, except what is held.

    Returns:
        What was removed, partition by partition.

    Raises:
        Busy: another purge is running.
        StoreUnavailable: Postgres did not answer; what was removed until then is recorded.
    """
    now = now or present(settings)
    known = catalogue.load(settings.catalogue)
    removed: list[Removal] = []
    with one_at_a_time(settings, "purge", PURGING) as engine:
        finish(engine)
        for rule in rules(settings, known):
            removed += _apply(engine, known, rule, now)
        with transaction(engine) as connection:
            for identity in records.left_open(connection, Purge):
                _close(connection, known, identity, [])
            erased_persons.forget(connection, now - timedelta(days=erased_persons.DAYS))
    return [removal for removal in removed if removal.events or removal.whole or removal.held]


class _PurgeJob(NamedTuple):
    """One rule being applied; `identity` is that of its record."""

    engine: Engine
    rule: Rule
    now: datetime
    identity: int


def _apply(engine: Engine, known: Catalogue, rule: Rule, now: datetime) -> list[Removal]:
    with transaction(engine) as connection:
        partitions = touched(connection, rule, now)
    if not partitions:
        return []
    same = {"scope": rule.scope, "tag": rule.tag}
    values = {"retention_days": rule.days, "before": rule.before(now)}
    job = _PurgeJob(engine, rule, now, records.opened(engine, Purge, same, values))
    removed = [_remove(job, partition) for partition in partitions]
    with transaction(engine) as connection:
        _close(connection, known, job.identity, removed)
    return removed


def _remove(job: _PurgeJob, partition: Partition) -> Removal:
    with transaction(job.engine) as connection:
        whole = goes_whole(connection, job.rule, partition, job.now)
    before = records.number(job.engine, Purge, job.identity, "events")
    # a hold may have been added meanwhile, so that it was not dropped after all
    whole = whole and drop(job.engine, partition)
    held, holds = (0, ()) if whole else _delete(job, partition)
    events = records.number(job.engine, Purge, job.identity, "events") - before
    return Removal(job.rule, partition.name, events, whole, held, holds)


def _delete(job: _PurgeJob, partition: Partition) -> tuple[int, tuple[int, ...]]:
    """Delete the expired rows of a partition that stays, a bounded batch a transaction.

    Returns:
        How many stay because of holds, and of which.
    """
    after: UUID | None = LOWEST
    held = 0
    while after is not None:
        began = time.monotonic()
        with transaction(job.engine) as connection:
            after, left = _delete_batch(connection, job, partition.name, after)
        held += left
        if after is not None:
            time.sleep(REST * (time.monotonic() - began))
    with transaction(job.engine) as connection:
        return held, holding(connection, job.rule, partition, job.now) if held else ()


def _delete_batch(connection: Connection, job: _PurgeJob, name: str, after: UUID) -> tuple[UUID | None, int]:
    wait_for_holds(connection)
    floor = id_floor(job.rule.before(job.now))
    last = edge(connection, name, after, floor, size=BATCH, tag=job.rule.tag)
    values = values_of(job.rule, job.now) | {"after": after, "edge": last}
    which = f'"{name}" AS e WHERE {WITHIN} AND {EXPIRED}'
    deleted = _delete_and_count(connection, f"{which} AND NOT {HELD}", values)
    left = text(f"SELECT count(*) FROM {which}")  # noqa: S608 - a name from the catalog
    held = connection.execute(left, values).scalar_one() if any_in_force(connection) else 0
    records.count(connection, Purge, job.identity, events=deleted)
    return last, int(held)


def _delete_and_count(connection: Connection, which: str, values: Mapping[str, object]) -> int:
    """Delete rows, and move their numbers to the count of what was purged; returns how many."""
    statement = text(
        f"WITH gone AS (DELETE FROM {which} RETURNING e.producer_id, e.sequence)"  # noqa: S608 - a name from the catalog
        " SELECT producer_id, count(*), CAST(range_agg(int4range(sequence, sequence, '[]')) AS text)"
        " FROM gone GROUP BY producer_id"
    )
    found = connection.execute(statement, values).all()
    numbers = {producer: from_text(sequences) for producer, _, sequences in found if producer is not None}
    move(connection, numbers, "stored", "purged")
    return sum(int(count) for _, count, _ in found)


def _close(connection: Connection, known: Catalogue, identity: int, removed: list[Removal]) -> None:
    held = sum(removal.held for removal in removed)
    holds = sorted({hold for removal in removed for hold in removal.holds})
    record = records.closed(connection, Purge, identity, held=held, holds=holds)
    if not (record["events"] or record["partitions"] or held):
        records.forget(connection, Purge, identity)
        return
    facts = record | {"purge_id": str(identity), "before": record["before"].isoformat()}
    announce(connection, known, "system:purge:finish", facts)
    what, partitions = record["tag"] or record["scope"], record["partitions"]
    said = (
        "purged %d events of %s, %d partitions dropped, %d events held",
        record["events"],
        what,
        partitions,
    )
    after_commit(connection, partial(logger.info, *said, held))
