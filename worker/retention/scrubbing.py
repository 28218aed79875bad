"""The scrub: events that stay lose personal data by their age, a bounded batch a transaction.

Each batch commits together with its count, and what is done is not due again, so a
scrub that is killed is finished by the next one, in the same record.
"""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, text

from trailkeeper.models.engine import after_commit, transaction
from trailkeeper.models.holds import HELD, any_in_force, holds_of, listing, wait_for_holds
from trailkeeper.models.locks import SCRUBBING
from trailkeeper.models.partitions import Partition, existing, id_floor
from trailkeeper.models.tables import DeadLetterRow, Scrub
from trailkeeper.producer import catalogue
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.worker.clocks import present
from trailkeeper.worker.recording import announce
from trailkeeper.worker.settings import WorkerSettings

from . import progress, records
from .advisory_lock import job_engine, one_at_a_time
from .dead_letters import rewrite_aged
from .personal import PersonalKeys
from .rewriting import rewrite_rows
from .steps import ScrubStep, steps
from .windows import LOWEST, WITHIN, edge

logger = logging.getLogger(__name__)

BATCH = 2_000
DEAD_LETTERS = DeadLetterRow.__tablename__
OLD_ENOUGH = "e.id < :floor"


class Scrubbed(msgspec.Struct, frozen=True):
    """What a step takes away from one partition.

    Attributes:
        step: its name.
        days: at which age.
        partition: its name, or ``dead_letters``.
        events: how many events lose something.
        held: how many that are due keep it, because of holds.
        holds: which.
    """

    step: str
    days: int
    partition: str
    events: int
    held: int = 0
    holds: tuple[int, ...] = ()


class _ScrubJob(NamedTuple):
    """One step being applied; `identity` is that of its record, None where it only counts."""

    engine: Engine
    step: ScrubStep
    now: datetime
    identity: int | None

    @property
    def values(self) -> dict[str, object]:
        return _values(self.step, self.now)


def scrub_plan(settings: WorkerSettings, now: datetime | None = None) -> list[Scrubbed]:
    """What a scrub would do, partition by partition; changes nothing.

    Each step is counted as if it were the only one.

    Raises:
        StoreUnavailable: Postgres did not answer.
    """
    now = now or present(settings)
    known = catalogue.load(settings.catalogue)
    with job_engine(settings, "scrub") as engine, transaction(engine) as connection:
        in_force = steps(settings, PersonalKeys(known))
        scrubbed = [
            _planned(connection, step, partition, now)
            for step in in_force
            for partition in _touched(connection, step, now)
        ]
        scrubbed += [_letters(_ScrubJob(engine, step, now, None)) for step in in_force]
    return [each for each in scrubbed if each.events or each.held]


def scrub(settings: WorkerSettings, now: datetime | None = None) -> list[Scrubbed]:
    """Take away what is past its age, except what is held.

    Returns:
        What was done, partition by partition.

    Raises:
        Busy: another scrub is running.
        StoreUnavailable: Postgres did not answer; what was done until then is recorded.
    """
    now = now or present(settings)
    known = catalogue.load(settings.catalogue)
    scrubbed: list[Scrubbed] = []
    with one_at_a_time(settings, "scrub", SCRUBBING) as engine:
        for step in steps(settings, PersonalKeys(known)):
            scrubbed += _apply(engine, known, step, now)
        with transaction(engine) as connection:
            for identity in records.left_open(connection, Scrub):
                _close(connection, known, identity, [])
    return [each for each in scrubbed if each.events or each.held]


def _apply(engine: Engine, known: Catalogue, step: ScrubStep, now: datetime) -> list[Scrubbed]:
    with transaction(engine) as connection:
        partitions = _touched(connection, step, now)
    values = {"days": step.days, "before": step.before(now)}
    identity = records.opened(engine, Scrub, {"step": step.name}, values)
    job = _ScrubJob(engine, step, now, identity)
    scrubbed = [_scrub(job, partition) for partition in partitions] + [_letters(job)]
    with transaction(engine) as connection:
        _close(connection, known, identity, scrubbed)
    return scrubbed


def _touched(connection: Connection, step: ScrubStep, now: datetime) -> list[Partition]:
    before = step.before(now)
    return [partition for partition in existing(connection) if partition.start < before]


def _planned(connection: Connection, step: ScrubStep, partition: Partition, now: datetime) -> Scrubbed:
    counted = text(
        f"SELECT count(*) FILTER (WHERE NOT {HELD}), count(*) FILTER (WHERE {HELD})"  # noqa: S608 - a name from the catalog
        f' FROM "{partition.name}" AS e WHERE {OLD_ENOUGH} AND {step.due}'
    )
    events, held = connection.execute(counted, _values(step, now)).one()
    holds = _holding(connection, step, partition.name, now) if held else ()
    return Scrubbed(step.name, step.days, partition.name, events, held, holds)


def _scrub(job: _ScrubJob, partition: Partition) -> Scrubbed:
    with transaction(job.engine) as connection:
        mark = progress.present(connection, partition.name, job.step)
        if progress.is_done(connection, mark):
            return Scrubbed(job.step.name, job.step.days, partition.name, 0)
    scrubbed = _walk(job, partition.name)
    if partition.end <= job.step.before(job.now) and not scrubbed.held:
        with transaction(job.engine) as connection:
            progress.done(connection, mark)
    return scrubbed


def _walk(job: _ScrubJob, name: str) -> Scrubbed:
    after: UUID | None = LOWEST
    events = held = 0
    while after is not None:
        with transaction(job.engine) as connection:
            after, changed, left = _batch(connection, job, name, after)
        events, held = events + changed, held + left
    with transaction(job.engine) as connection:
        holds = _holding(connection, job.step, name, job.now) if held else ()
    return Scrubbed(job.step.name, job.step.days, name, events, held, holds)


def _batch(connection: Connection, job: _ScrubJob, name: str, after: UUID) -> tuple[UUID | None, int, int]:
    wait_for_holds(connection)
    step = job.step
    last = edge(connection, name, after, id_floor(step.before(job.now)), size=BATCH)
    values = job.values | {"after": after, "edge": last}
    columns = ", ".join(f"e.{column}" for column in ("id", "scope", "tag", *step.rewritten))
    due = connection.execute(
        text(
            f'SELECT {columns} FROM "{name}" AS e WHERE {WITHIN} AND {step.due} AND NOT {HELD}'  # noqa: S608 - a name from the catalog
            " ORDER BY e.id FOR UPDATE"
        ),
        values,
    )
    rows = due.mappings().all()
    rewritten = [_rewritten(step, row) for row in rows]
    by = f"{step.name}/{job.identity}"
    changed = rewrite_rows(connection, f'"{name}"', rewritten, changes=step.changes, by=by)
    left = text(f'SELECT count(*) FROM "{name}" AS e WHERE {WITHIN} AND {step.due} AND {HELD}')  # noqa: S608 - as above
    held = connection.execute(left, values).scalar_one() if any_in_force(connection) else 0
    assert job.identity is not None
    records.count(connection, Scrub, job.identity, events=changed)
    return last, changed, int(held)


def _rewritten(step: ScrubStep, row: RowMapping) -> dict[str, Any]:
    """What is to be written of a row; most lose only what SQL takes away, and are written sooner."""
    new = step.rewrite(row)
    changed = new if any(row[name] != value for name, value in new.items()) else {}
    return {"id": row["id"], "scope": row["scope"], **changed}


def _letters(job: _ScrubJob) -> Scrubbed:
    after, events, held, because = 0, 0, 0, set[int]()
    before, dry = job.step.before(job.now), job.identity is None
    while True:
        with transaction(job.engine) as connection:
            wait_for_holds(connection)
            done = rewrite_aged(connection, job.step.dead_letter, before, after, listing(connection), dry=dry)
            if done is None:
                break
            if job.identity is not None:
                records.count(connection, Scrub, job.identity, events=done.changed)
        after, events = done.last, events + done.changed
        held, because = held + done.held, because | done.holds
    return Scrubbed(job.step.name, job.step.days, DEAD_LETTERS, events, held, tuple(sorted(because)))


def _holding(connection: Connection, step: ScrubStep, name: str, now: datetime) -> tuple[int, ...]:
    return tuple(holds_of(connection, f'"{name}"', f"{OLD_ENOUGH} AND {step.due}", _values(step, now)))


def _values(step: ScrubStep, now: datetime) -> dict[str, object]:
    return {"floor": id_floor(step.before(now)), **step.values}


def _close(connection: Connection, known: Catalogue, identity: int, scrubbed: list[Scrubbed]) -> None:
    held = sum(each.held for each in scrubbed)
    holds = sorted({hold for each in scrubbed for hold in each.holds})
    record = records.closed(connection, Scrub, identity, held=held, holds=holds)
    if not (record["events"] or held):
        records.forget(connection, Scrub, identity)
        return
    facts = record | {"scrub_id": str(identity), "before": record["before"].isoformat()}
    announce(connection, known, "system:scrub:finish", facts)
    said = ("scrubbed %d events of %s, %d held", record["events"], record["step"], held)
    after_commit(connection, partial(logger.info, *said))
