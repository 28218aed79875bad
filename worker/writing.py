"""Accepted messages as rows, in transactions of others: what is there stays, what is refused is found."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as pg_insert

from trailkeeper.models.counting import Producers, add
from trailkeeper.models.errors import DuplicateRow, MissingPartition, RefusedRow
from trailkeeper.models.tables import DeadLetter
from trailkeeper.models.writing import insert, insert_missing
from trailkeeper.worker.drain import numbers
from trailkeeper.worker.drain.derive import Derive
from trailkeeper.worker.drain.messages import Accepted, Rejected
from trailkeeper.worker.drain.ready import Ready
from trailkeeper.worker.drain.store import make_partitions, whole


class Writer:
    """Writes into transactions of others; whatever is refused leaves them usable.

    Args:
        derive: finds location and client.
        producers: knows who numbered events; without it, events are not counted.
    """

    def __init__(self, derive: Derive, producers: Producers | None = None) -> None:
        self._derive = derive
        self._producers = producers

    def ready(self, accepted: Sequence[Accepted], ready: Ready | None = None) -> Ready:
        """Events as rows, added to those that are ready.

        Raises:
            StoreUnavailable: new derivations could not be committed.
        """
        ready = ready or Ready()
        producers = self._producers.ids(numbers.names_of(accepted)) if self._producers else {}
        ready.add(accepted, self._derive.ids(accepted), producers)
        return ready

    def write(self, connection: Connection, ready: Ready, *, imported_by: int | None = None) -> int:
        """Store rows; returns how many are new.

        Raises:
            RefusedRow: Postgres will never take one of them; none is stored, and the transaction is usable.
            StoreUnavailable: the transaction is spoilt.
        """
        if not ready.rows:
            return 0
        try:
            return self._attempt(connection, ready, imported_by)
        except MissingPartition:
            make_partitions(connection.engine, ready.rows)
            return self.write(connection, ready, imported_by=imported_by)

    def store(
        self, connection: Connection, accepted: Sequence[Accepted], *, imported_by: int | None = None
    ) -> tuple[int, list[Rejected]]:
        """Store events.

        Returns:
            How many are new, and what Postgres refused.

        Raises:
            StoreUnavailable: the transaction is spoilt.
        """
        try:
            return self.write(connection, self.ready(accepted), imported_by=imported_by), []
        except RefusedRow as error:
            return self._split(connection, accepted, imported_by, str(error))

    @staticmethod
    def _attempt(connection: Connection, ready: Ready, imported_by: int | None) -> int:
        try:
            with connection.begin_nested():
                insert(connection, ready.rows, imported_by=imported_by)
                add(connection, ready.numbers | ready.voids)
                return len(ready.rows)
        except DuplicateRow:
            with connection.begin_nested():
                inserted = insert_missing(connection, ready.rows, imported_by=imported_by)
                add(connection, numbers.of_inserted(inserted) | ready.voids)
                return len(inserted)

    def _split(
        self, connection: Connection, accepted: Sequence[Accepted], imported_by: int | None, problem: str
    ) -> tuple[int, list[Rejected]]:
        if len(accepted) == 1:
            return 0, [Rejected(accepted[0].message, "refused_row", problem)]
        middle = len(accepted) // 2
        first, refused_first = self.store(connection, accepted[:middle], imported_by=imported_by)
        second, refused_second = self.store(connection, accepted[middle:], imported_by=imported_by)
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
