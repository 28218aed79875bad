"""Rows and dead letters of one batch into Postgres, in one transaction.

The straight way first; a row that is there already, or a partition that is
not, is met by going again another way. A batch that is refused is split until
the message that is at fault stands alone.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert as pg_insert

from models.counting import Producers, add
from models.counting.tallies import Tallies
from models.engine import transaction
from models.errors import DuplicateRow, MissingPartition, RefusedRow
from models.partitions import ensure, period_of
from models.tables import DeadLetter
from models.writing import Row, insert, insert_missing

from . import numbers
from .messages import SIGNATURE, Accepted, Message, Rejected

logger = logging.getLogger(__name__)

Entry = tuple[Accepted, Row]


class Store:
    """Writes batches. Raises only what means *retry*."""

    def __init__(self, engine: Engine, stream_key: str) -> None:
        self._engine = engine
        self._stream_key = stream_key
        self.producers = Producers(engine)

    def write(
        self, entries: Sequence[Entry], rejected: Sequence[Rejected], *, fresh: bool
    ) -> tuple[int, list[Rejected]]:
        """Commit a batch.

        Args:
            entries: what is to be stored.
            rejected: what is to become dead letters.
            fresh: whether none of it was ever delivered before.

        Returns:
            How many rows are new, and what turned out to be refused (committed as dead letters too).

        Raises:
            StoreUnavailable: nothing of what was not committed is lost; try again later.
            StoreMisconfigured: likewise.
        """
        try:
            return self._attempt(entries, rejected, fresh=fresh), []
        except DuplicateRow:
            return self.write(entries, rejected, fresh=False)
        except MissingPartition:
            self._make_partitions(entries)
            return self.write(entries, rejected, fresh=fresh)
        except RefusedRow as error:
            return self._split(entries, rejected, str(error), fresh=fresh)

    def _attempt(self, entries: Sequence[Entry], rejected: Sequence[Rejected], *, fresh: bool) -> int:
        accepted = [each for each, _ in entries]
        # before the transaction: a new one is committed by itself
        ids = self.producers.ids(numbers.names_of(accepted, rejected))
        with transaction(self._engine) as connection:
            dead = numbers.of_letters(self._keep(connection, rejected), ids)
            number, stored = self._insert(connection, entries, ids, fresh=fresh)
            add(connection, numbers.merged(stored, dead))
        return number

    def _insert(
        self, connection: Connection, entries: Sequence[Entry], ids: numbers.Ids, *, fresh: bool
    ) -> tuple[int, Tallies]:
        """Returns how many are new, and their tallies."""
        accepted, rows = [each for each, _ in entries], [row for _, row in entries]
        voids = numbers.of_voids(accepted, ids)
        if not rows:
            return 0, {}
        if fresh:
            insert(connection, rows)
            return len(rows), numbers.of_events(accepted, ids) | voids
        inserted = insert_missing(connection, rows)
        return len(inserted), numbers.of_inserted(inserted) | voids

    def _keep(self, connection: Connection, rejected: Sequence[Rejected]) -> list[Rejected]:
        """Returns those that were not kept before."""
        if not rejected:
            return []
        letters = [self._letter(rejection) for rejection in rejected]
        kept = pg_insert(DeadLetter).values(letters).on_conflict_do_nothing()
        new = set(connection.execute(kept.returning(DeadLetter.stream_id)).scalars())
        return [rejection for rejection in rejected if rejection.message.stream_id in new]

    def _split(
        self, entries: Sequence[Entry], rejected: Sequence[Rejected], problem: str, *, fresh: bool
    ) -> tuple[int, list[Rejected]]:
        if len(entries) <= 1:
            refused = [Rejected(accepted.message, "refused_row", problem) for accepted, _ in entries]
            self._attempt([], [*rejected, *refused], fresh=fresh)
            return 0, refused
        middle = len(entries) // 2
        first, refused_first = self.write(entries[:middle], rejected, fresh=fresh)
        second, refused_second = self.write(entries[middle:], [], fresh=fresh)
        return first + second, refused_first + refused_second

    def _make_partitions(self, entries: Sequence[Entry]) -> None:
        periods = {
            period_of(accepted.event_type.scope, accepted.event.occurred_at) for accepted, _ in entries
        }
        made = ensure(self._engine, sorted(periods, key=lambda period: period.name))
        logger.info("made partitions on demand", extra={"partitions": made})

    def _letter(self, rejection: Rejected) -> dict[str, object]:
        message = rejection.message
        raw = whole(message)
        return {
            "stream": self._stream_key,
            "stream_id": message.stream_id,
            "digest": hashlib.sha256(raw).digest()[:16],
            "reason": rejection.reason,
            "detail": rejection.detail.replace("\0", "\N{SYMBOL FOR NULL}"),
            "deliveries": message.deliveries,
            "raw": raw,
            "signature": message.fields.get(SIGNATURE),
        }


def whole(message: Message) -> bytes:
    """All that a message carried but its signature: the event, or every field where there is more or less."""
    fields = {name: value for name, value in message.fields.items() if name != SIGNATURE}
    if message.payload is not None and len(fields) == 1:
        return message.payload
    return b"".join(b"%b=%b\n" % field for field in fields.items())
