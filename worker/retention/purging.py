"""The purge: whole partitions are dropped, the edge is deleted in bounded batches.

One at a time across the fleet: a lock in Postgres that is gone with its
connection. Each step commits by itself, so a purge that is killed is finished
by the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, Engine, insert, text

from models.engine import make_engine, transaction
from models.errors import translated
from models.locks import PURGING
from models.partitions import Partition, drop, existing, id_floor
from models.tables import Purge
from producer import catalogue
from worker.settings import WorkerSettings

from .policy import Rule, rules

logger = logging.getLogger(__name__)

BATCH = 5_000
STATEMENT_TIMEOUT_MS = 240_000  # counting a large partition; below the task's time limit

_PREDICATE = "id < :floor AND (CAST(:tag AS text) IS NULL OR tag = :tag) AND tag <> ALL(:spared)"


class Busy(Exception):  # noqa: N818 - what it says
    """Another purge is running; nothing was done."""


class Removal(msgspec.Struct, frozen=True):
    """What a rule removes from one partition: all of it (`whole`), or those rows that are past it."""

    rule: Rule
    partition: str
    events: int
    whole: bool


def plan(settings: WorkerSettings, now: datetime | None = None) -> list[Removal]:
    """What a purge would remove, partition by partition; changes nothing.

    Raises:
        StoreUnavailable: Postgres did not answer.
    """
    now = now or datetime.now(UTC)
    with _engine(settings) as engine, transaction(engine) as connection:
        found = [
            _removal(connection, rule, partition, now)
            for rule in rules(settings, catalogue.load(settings.catalogue))
            for partition in _touched(connection, rule, now)
        ]
    return [removal for removal in found if removal.events or removal.whole]


def purge(settings: WorkerSettings, now: datetime | None = None) -> list[Removal]:
    """Remove what is past its retention.

    Returns:
        What was removed, partition by partition.

    Raises:
        Busy: another purge is running.
        StoreUnavailable: Postgres did not answer; what was removed until then is recorded.
    """
    now = now or datetime.now(UTC)
    removed: list[Removal] = []
    with _engine(settings) as engine, _alone(engine):
        for rule in rules(settings, catalogue.load(settings.catalogue)):
            removed += _apply(engine, rule, now)
    return removed


def _apply(engine: Engine, rule: Rule, now: datetime) -> list[Removal]:
    started = datetime.now(UTC)
    removed: list[Removal] = []
    with transaction(engine) as connection:
        touched = _touched(connection, rule, now)
    for partition in touched:
        with transaction(engine) as connection:
            planned = _removal(connection, rule, partition, now)
        events = _drop(engine, partition, planned) if planned.whole else _delete(engine, rule, partition, now)
        removed.append(msgspec.structs.replace(planned, events=events))
    if any(removal.events or removal.whole for removal in removed):
        _record(engine, rule, started, now, removed)
    return removed


def _touched(connection: Connection, rule: Rule, now: datetime) -> list[Partition]:
    """Partitions of the scope that begin before the rule's moment."""
    found = [partition for partition in existing(connection) if partition.scope == rule.scope]
    return [partition for partition in found if partition.start < rule.before(now)]


def _removal(connection: Connection, rule: Rule, partition: Partition, now: datetime) -> Removal:
    expired = _count(connection, partition, _PREDICATE, rule, now)
    whole = rule.tag is None and partition.end <= rule.before(now)
    if whole and rule.spared:
        whole = expired == _count(connection, partition, "true", rule, now)
    return Removal(rule, partition.name, expired, whole)


def _count(connection: Connection, partition: Partition, predicate: str, rule: Rule, now: datetime) -> int:
    counted = text(f'SELECT count(*) FROM "{partition.name}" WHERE {predicate}')  # noqa: S608 - a name from the catalog
    values = _values(rule, now) if predicate is _PREDICATE else {}
    return int(connection.execute(counted, values).scalar_one())


def _drop(engine: Engine, partition: Partition, planned: Removal) -> int:
    drop(engine, partition)
    return planned.events


def _delete(engine: Engine, rule: Rule, partition: Partition, now: datetime) -> int:
    """Delete the expired rows of a partition that stays, a bounded batch a transaction."""
    statement = text(
        f'DELETE FROM "{partition.name}" WHERE ctid = ANY(ARRAY('  # noqa: S608 - a name from the catalog
        f'SELECT ctid FROM "{partition.name}" WHERE {_PREDICATE} ORDER BY id LIMIT {BATCH}))'
    )
    total = 0
    while True:
        with transaction(engine) as connection:
            deleted = connection.execute(statement, _values(rule, now)).rowcount
        total += deleted
        if deleted < BATCH:
            return total


def _values(rule: Rule, now: datetime) -> dict[str, object]:
    return {"floor": id_floor(rule.before(now)), "tag": rule.tag, "spared": list(rule.spared)}


def _record(engine: Engine, rule: Rule, started: datetime, now: datetime, removed: list[Removal]) -> None:
    events = sum(removal.events for removal in removed)
    partitions = sum(removal.whole for removal in removed)
    with transaction(engine) as connection:
        connection.execute(
            insert(Purge).values(
                started_at=started,
                scope=rule.scope,
                tag=rule.tag,
                retention_days=rule.days,
                before=rule.before(now),
                partitions=partitions,
                events=events,
            )
        )
    logger.info("purged %d events of %s, %d partitions dropped", events, rule.tag or rule.scope, partitions)


@contextmanager
def _engine(settings: WorkerSettings) -> Iterator[Engine]:
    engine = make_engine(
        settings.database_url, application_name="trailkeeper purge", statement_timeout_ms=STATEMENT_TIMEOUT_MS
    )
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the fleet's purge lock, on a connection of its own."""
    with translated(), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": PURGING}).scalar_one():
            raise Busy("another purge is running")
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": PURGING})
