"""Accepted messages as rows, in transactions of others: what is there stays, what is refused is found."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as pg_insert

from models.counting import Producers, add
from models.errors import DuplicateRow, MissingPartition, RefusedRow
from models.partitions import ensure, period_of
from models.tables import DeadLetter
from models.writing import Row, insert, insert_missing
from worker.drain import numbers
from worker.drain.derive import Derive
from worker.drain.messages import Accepted, Rejected
from worker.drain.rows import rows_of
from worker.drain.store import whole

Entry = tuple[Accepted, Row]

logger = logging.getLogger(__name__)


class Writer:
    """Writes into transactions of others; whatever is refused leaves them usable.

    Args:
        derive: finds location and client.
        producers: knows who numbered events; without it, events are not counted.
    """

    def __init__(self, derive: Derive, producers: Producers | None = None) -> None:
        self._derive = derive
        self._producers = producers

    def store(
        self, connection: Connection, accepted: Sequence[Accepted], *, imported_by: int | None = None
    ) -> tuple[int, list[Rejected]]:
        """Store events.

        Returns:
            How many are new, and what Postgres refused.

        Raises:
            StoreUnavailable: the transaction is spoilt.
        """
        producers = _ids(self._producers, accepted)
        rows = rows_of(accepted, self._derive.ids(accepted), producers)
        entries = list(zip(accepted, rows, strict=True))
        return self._write(connection, entries, imported_by) if entries else (0, [])

    def _write(
        self, connection: Connection, entries: Sequence[Entry], imported_by: int | None
    ) -> tuple[int, list[Rejected]]:
        try:
            return self._attempt(connection, entries, imported_by), []
        except MissingPartition:
            _make_partitions(connection, entries)
            return self._write(connection, entries, imported_by)
        except RefusedRow as error:
            return self._split(connection, entries, imported_by, str(error))

    def _attempt(self, connection: Connection, entries: Sequence[Entry], imported_by: int | None) -> int:
        accepted, rows = [each for each, _ in entries], [row for _, row in entries]
        ids = _ids(self._producers, accepted)
        voids = numbers.of_voids(accepted, ids)
        try:
            with connection.begin_nested():
                insert(connection, rows, imported_by=imported_by)
                add(connection, numbers.of_events(accepted, ids) | voids)
                return len(rows)
        except DuplicateRow:
            with connection.begin_nested():
                inserted = insert_missing(connection, rows, imported_by=imported_by)
                add(connection, numbers.of_inserted(inserted) | voids)
                return len(inserted)

    def _split(
        self, connection: Connection, entries: Sequence[Entry], imported_by: int | None, problem: str
    ) -> tuple[int, list[Rejected]]:
        if len(entries) == 1:
            return 0, [Rejected(entries[0][0].message, "refused_row", problem)]
        middle = len(entries) // 2
        first, refused_first = self._write(connection, entries[:middle], imported_by)
        second, refused_second = self._write(connection, entries[middle:], imported_by)
        return first + second, refused_first + refused_second


def keep(
    connection: Connection, stream: str, rejected: Sequence[Rejected], producers: Producers | None = None
) -> None:
    """Keep what can not be stored as dead letters of a stream of this name; what is there already stays."""
    if not rejected:
        return
    letters = [_letter(stream, rejection) for rejection in rejected]
    statement = pg_insert(DeadLetter).values(letters).on_conflict_do_nothing()
    new = set(connection.execute(statement.returning(DeadLetter.stream_id)).scalars())
    kept = [rejection for rejection in rejected if rejection.message.stream_id in new]
    if producers is not None:
        add(connection, numbers.of_letters(kept, producers.ids(numbers.names_of([], kept))))


def _ids(producers: Producers | None, accepted: Sequence[Accepted]) -> numbers.Ids:
    return {} if producers is None else producers.ids(numbers.names_of(accepted))


def _letter(stream: str, rejection: Rejected) -> dict[str, object]:
    raw = whole(rejection.message)
    return {
        "stream": stream,
        "stream_id": rejection.message.stream_id,
        "digest": hashlib.sha256(raw).digest()[:16],
        "reason": rejection.reason,
        "detail": text(rejection.detail),
        "deliveries": rejection.message.deliveries,
        "raw": raw,
    }


def text(detail: str) -> str:
    """Words as Postgres takes them."""
    return detail.replace("\0", "\N{SYMBOL FOR NULL}")


def _make_partitions(connection: Connection, entries: Sequence[Entry]) -> None:
    """On another connection: partitions come to stay, whatever becomes of the transaction."""
    periods = {period_of(accepted.event_type.scope, accepted.event.occurred_at) for accepted, _ in entries}
    made = ensure(connection.engine, periods)
    logger.info("made partitions on demand", extra={"partitions": made})
