"""Emitted = stored + dead-lettered + purged + … + waiting + missing, by producer and hour."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Engine

from trailkeeper.models.counting.gaps import open_gaps
from trailkeeper.models.counting.ranges import Ranges, union, within
from trailkeeper.models.counting.reading import counted, covered, producers_with_gaps, stored
from trailkeeper.models.engine import transaction
from trailkeeper.producer.redis_client import of_each_stream
from trailkeeper.worker.ingest.sequence_numbers import Numbered
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.stranded import stranded_ids

from .accounts import Account, Accounts
from .waiting import in_spool, in_streams

HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)

MOST = 1_000_000
"""Entries of the stream that are read at most."""

MOST_STRANDED = 10_000
"""Entries of the stream that are looked at for stranded ones."""

TRIES = 3
BETWEEN_SECONDS = 0.5


class Reconciliation(msgspec.Struct):
    """The accounts of some hours.

    Attributes:
        start: where the first hour begins.
        end: where the last one ends.
        lines: by producer and hour.
        verified: whether counts were held against the table.
        stranded: entries of the stream that the group has passed and nobody holds; see `worker.stranded`.
        complete: False where the stream is too long to look at all of it: what seems missing may be there.
    """

    start: datetime
    end: datetime
    lines: list[Account]
    verified: bool
    stranded: int = 0
    complete: bool = True

    @property
    def missing(self) -> int:
        """How many events are missing."""
        return sum(line.number("missing") for line in self.lines)


def reconcile(
    engine: Engine, start: datetime, end: datetime, waiting: Sequence[Numbered], *, verify: bool
) -> Reconciliation:
    """The accounts of the hours from *start* to *end*.

    Args:
        engine: the database.
        start: in the first hour.
        end: where the last hour ends, or in it.
        waiting: what was on its way before this is called, so that nothing is in neither place.
        verify: hold counts against the rows of the table, and read all of that time.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    start, end = _floor(start), _floor(end - MICROSECOND) + HOUR
    # counts, rows and what they cover are read as of one moment
    with transaction(engine.execution_options(isolation_level="REPEATABLE READ")) as connection:
        counts = counted(connection, start, end)
        names = (
            {each.producer for each in counts}
            | {each.producer for each in waiting}
            | producers_with_gaps(connection)
        )
        known = covered(connection, names)
        noticed = open_gaps(connection)
        rows = stored(connection, start, end) if verify else None
    accounts = Accounts(counts, known, end)
    accounts.add_waiting(waiting)
    accounts.add_missing(noticed)
    if rows is not None:
        accounts.verify(rows)
    return Reconciliation(start, end, accounts.lines(start), rows is not None)


def reconcile_live(
    engine: Engine,
    settings: WorkerSettings,
    hours: tuple[datetime, datetime],
    *,
    verify: bool,
) -> Reconciliation:
    """Reconcile; what seems missing is checked again a moment later, as it may be moving.

    Args:
        engine: of the database.
        settings: say which streams, and where this host's spool is.
        hours: from when to when.
        verify: hold counts against the rows of the table.

    Raises:
        StreamUnavailable: Redis did not answer, so what waits in the stream is unknown.
        StoreError: the schema is missing, or the server is away.
    """

    def once() -> Reconciliation:
        waiting = in_streams(settings, MOST)
        numbered = [*waiting.numbered, *in_spool(settings)]
        reconciliation = reconcile(engine, *hours, numbered, verify=verify)
        reconciliation.complete = waiting.complete
        stranded = of_each_stream(
            settings, lambda client, key: stranded_ids(client, key, MOST_STRANDED, look_further=True)
        )
        reconciliation.stranded = sum(map(len, stranded))
        return reconciliation

    reconciliation = once()
    for _ in range(TRIES - 1):
        if not reconciliation.stranded and not any(each.missing for each in reconciliation.lines):
            break
        time.sleep(BETWEEN_SECONDS)
        before, reconciliation = _missing(reconciliation), once()
        for account in reconciliation.lines:
            account.missing = within(account.missing, before.get(account.producer, []))
    return reconciliation


def _missing(reconciliation: Reconciliation) -> dict[str, Ranges]:
    missing: dict[str, Ranges] = {}
    for line in reconciliation.lines:
        missing[line.producer] = union(missing.get(line.producer, []), line.missing)
    return missing


def _floor(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
