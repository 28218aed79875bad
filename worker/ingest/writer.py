"""The one writer: a prepared batch into the caller's transaction, whatever its source.

Straight in with COPY first; a row that is there already, a partition that is missing and
a row that Postgres refuses are each handled by going back to a savepoint and going another
way, so that the caller's transaction stays usable.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine

from trailkeeper.models.counting import add
from trailkeeper.models.engine import LOCK_TIMEOUT_MS
from trailkeeper.models.errors import (
    LOCKED,
    DuplicateRow,
    MissingPartition,
    RefusedRow,
    StoreError,
    is_in_use,
    is_passing,
)
from trailkeeper.models.partitions import Period, beyond, ensure, is_past
from trailkeeper.models.writing import CopyRow, insert, insert_missing, key_of_row

from . import dead_letters
from .fates import RETRY, Report, assert_not_of_machine
from .messages import IncomingMessage, Rejected
from .prepared import Prepared, halves
from .rows import periods_of
from .sequence_numbers import of_inserted, unused_in

OLD_LOCK_MS, NO_WAIT_MS = 2_000, 1
"""The longest that a batch waits until a partition of a time long ago can be made; and one more of them."""

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


def write(
    connection: Connection,
    prepared: Prepared,
    *,
    source: str,
    fresh: bool = True,
    imported_by: int | None = None,
) -> Report:
    """Store a batch: rows, counts and dead letters, in the caller's transaction.

    Args:
        connection: in a transaction.
        prepared: the batch.
        source: where it came from, as dead letters say it.
        fresh: False where some of it may be stored already: a slower way, which spares a failed attempt.
        imported_by: the backfill it comes from.

    Raises:
        One of `fates.RETRY`: the transaction is spoilt.
    """
    stored, refused = store(connection, prepared, fresh=fresh, imported_by=imported_by)
    rejected = [*prepared.rejected, *refused]
    dead_letters.keep(connection, source, rejected, prepared.producers)
    return Report(
        stored=stored,
        duplicates=len(prepared.rows) - stored - len(refused),
        dead_lettered=len(rejected),
        quarantined=sum(rejection.reason == "quarantined" for rejection in rejected),
        batches=1,
    )


def store(
    connection: Connection, prepared: Prepared, *, fresh: bool = True, imported_by: int | None = None
) -> tuple[int, list[Rejected]]:
    """Store a batch's rows and their counts; what it rejected is left to the caller.

    Returns:
        How many rows are new, and the messages whose rows can never be stored.

    Raises:
        One of `fates.RETRY`: the transaction is spoilt.
    """
    return _Rows(connection, prepared, imported_by).store(fresh=fresh) if prepared.rows else (0, [])


def insert_new(connection: Connection, row: CopyRow) -> None:
    """Insert a row that is certainly new.

    Raises:
        StoreError: the transaction is spoilt.
    """
    Partitions([row]).around(connection, lambda: insert(connection, [row]))


class Partitions:
    """Makes the partitions that rows need, when one is missing: once, then it is an error."""

    def __init__(self, rows: Sequence[CopyRow], most_old: int | None = None) -> None:
        self._rows = rows
        self._most_old = most_old
        self._made = False
        self.refused: dict[Period, str] = {}
        """Periods of the past whose partitions cannot be made for messages, and why."""

    def around(self, connection: Connection, insertion: Callable[[], Result]) -> Result:
        """Insert between savepoints. Raises `MissingPartition` if it is still missing when all were made."""
        try:
            with connection.begin_nested():
                return insertion()
        except MissingPartition:
            if self._made:
                raise
        self._made = True
        self._make(connection.engine)
        with connection.begin_nested():
            return insertion()

    def _make(self, engine: Engine) -> None:
        """On another connection: they stay, whatever becomes of the rows.

        Attaching conflicts with no lock that writing takes, so it does not wait for our own transaction.
        """
        wanted, now = periods_of(self._rows), datetime.now(UTC)
        for period in beyond(engine, wanted, self._most_old, now):
            self.refused[period] = (
                f"there are {self._most_old} partitions of the past already (TRAILKEEPER_OLD_PARTITIONS);"
                " an import by an admin may make more"
            )
        past = {period for period in wanted if period.end <= now}
        made = ensure(engine, wanted - past)
        wait_ms = LOCK_TIMEOUT_MS if self._most_old is None else OLD_LOCK_MS
        for period in sorted(past - self.refused.keys()):
            try:
                made += ensure(engine, [period], lock_timeout_ms=wait_ms)
            except StoreError as error:
                self._refuse(period, error, now)
                if error.sqlstate == LOCKED:
                    wait_ms = NO_WAIT_MS  # the next would wait for the same
        logger.info("made partitions on demand", extra={"partitions": made})

    def _refuse(self, period: Period, error: StoreError, now: datetime) -> None:
        """Else all would wait for a few old events: until a lock is free, or an operator has acted."""
        is_old = self._most_old is not None and is_past(period, now)
        if is_passing(error) or (is_in_use(error) and not is_old):
            raise error
        self.refused[period] = f"it cannot be made now ({error}); replay this later"


class _Rows:
    """The rows of one batch on their way into one transaction."""

    def __init__(self, connection: Connection, prepared: Prepared, imported_by: int | None) -> None:
        self._connection = connection
        self._prepared = prepared
        self._imported_by = imported_by
        # what an admin imports may make as many as it needs
        most_old = prepared.old_partitions if imported_by is None else None
        self._partitions = Partitions(prepared.rows, most_old)

    def store(self, *, fresh: bool) -> tuple[int, list[Rejected]]:
        if fresh:
            try:
                return self._partitions.around(self._connection, self._insert_all), []
            except RETRY:
                raise
            except Exception as error:
                assert_not_of_machine(error)
                if not isinstance(error, (DuplicateRow, RefusedRow, MissingPartition)):
                    logger.exception("could not store %d rows", len(self._prepared.rows))
        return self._store(range(len(self._prepared.rows)))

    def _insert_all(self) -> int:
        insert(self._connection, self._prepared.rows, imported_by=self._imported_by)
        add(self._connection, self._prepared.counts)
        return len(self._prepared.rows)

    def _store(self, places: Sequence[int]) -> tuple[int, list[Rejected]]:
        """Store those rows that are not there yet; halve them until one that is refused stands alone."""
        try:
            return self._partitions.around(self._connection, lambda: self._insert_missing(places)), []
        except RETRY:
            raise
        except Exception as error:  # noqa: BLE001 - it becomes a dead letter that says so
            assert_not_of_machine(error)
            left, too_old = self._without_too_old(places)
            if too_old:
                stored, others = self._store(left) if left else (0, [])
                return stored, [*too_old, *others]
            if len(places) == 1:
                return 0, [_refused(self._prepared.messages[places[0]], error)]
        stored, refused = 0, []
        for half in halves(places):
            more, others = self._store(half)
            stored += more
            refused += others
        return stored, refused

    def _without_too_old(self, places: Sequence[int]) -> tuple[list[int], list[Rejected]]:
        """Rows but those whose partitions may not be made, and these as rejected messages."""
        left, too_old = [], []
        for place in places if self._partitions.refused else ():
            [period] = periods_of([self._prepared.rows[place]])
            if period in self._partitions.refused:
                detail = f"it needs {period.name}: {self._partitions.refused[period]}"
                too_old.append(Rejected(self._prepared.messages[place], "old_partition", detail))
            else:
                left.append(place)
        return left, too_old

    def _insert_missing(self, places: Sequence[int]) -> int:
        rows = [self._prepared.rows[place] for place in places]
        inserted = insert_missing(self._connection, rows, imported_by=self._imported_by)
        new = {(row.scope, row.id.hex) for row in inserted}
        # rows that were there before have counted their unused numbers already; by key, as a batch may
        # hold a message twice
        messages = {
            key: self._prepared.messages[place]
            for place, key in zip(places, map(key_of_row, rows), strict=True)
            if key in new
        }
        counts = of_inserted(inserted) | unused_in(messages.values(), self._prepared.producers)
        add(self._connection, counts)
        return len(inserted)


def _refused(message: IncomingMessage, error: Exception) -> Rejected:
    if isinstance(error, (RefusedRow, MissingPartition)):
        return Rejected(message, "refused_row", str(error))
    return Rejected(message, "worker_error", repr(error))
