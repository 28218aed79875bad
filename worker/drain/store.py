"""Rows and dead letters of one batch into Postgres, in one transaction.

The straight way first; a row that is there already, or a partition that is
not, is met by going again another way.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert as pg_insert

from trailkeeper.models.counting import Producers, add
from trailkeeper.models.counting.tallies import Tallies
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import DuplicateRow, MissingPartition
from trailkeeper.models.partitions import ensure
from trailkeeper.models.tables import DeadLetter
from trailkeeper.models.writing import Row, insert, insert_missing

from . import numbers
from .messages import SIGNATURE, Message, Rejected
from .ready import Ready
from .rows import periods_of

logger = logging.getLogger(__name__)


class Store:
    """Writes batches. Raises what means *retry*, and `RefusedRow`."""

    def __init__(self, engine: Engine, stream_key: str) -> None:
        self._engine = engine
        self._stream_key = stream_key
        self.producers = Producers(engine)

    def write(self, ready: Ready, rejected: Sequence[Rejected], *, fresh: bool) -> int:
        """Commit a batch.

        Args:
            ready: what is to be stored.
            rejected: what is to become dead letters.
            fresh: whether none of it was ever delivered before.

        Returns:
            How many rows are new.

        Raises:
            RefusedRow: Postgres will never take one of the rows; nothing is committed.
            StoreUnavailable: nothing is committed; try again later.
            StoreMisconfigured: likewise.
        """
        try:
            return self._attempt(ready, rejected, fresh=fresh)
        except DuplicateRow:
            return self.write(ready, rejected, fresh=False)
        except MissingPartition:
            make_partitions(self._engine, ready.rows)
            return self.write(ready, rejected, fresh=fresh)

    def _attempt(self, ready: Ready, rejected: Sequence[Rejected], *, fresh: bool) -> int:
        # before the transaction: a new one is committed by itself
        ids = self.producers.ids(numbers.names_of((), rejected))
        with transaction(self._engine) as connection:
            dead = numbers.of_letters(self._keep(connection, rejected), ids)
            number, stored = self._insert(connection, ready, fresh=fresh)
            add(connection, numbers.merged(stored, ready.voids, dead))
        return number

    def _insert(self, connection: Connection, ready: Ready, *, fresh: bool) -> tuple[int, Tallies]:
        """Returns how many are new, and their tallies."""
        if not ready.rows:
            return 0, {}
        if fresh:
            insert(connection, ready.rows)
            return len(ready.rows), ready.numbers
        inserted = insert_missing(connection, ready.rows)
        return len(inserted), numbers.of_inserted(inserted)

    def _keep(self, connection: Connection, rejected: Sequence[Rejected]) -> list[Rejected]:
        """Returns those that were not kept before."""
        if not rejected:
            return []
        letters = [self._letter(rejection) for rejection in rejected]
        kept = pg_insert(DeadLetter).values(letters).on_conflict_do_nothing()
        new = set(connection.execute(kept.returning(DeadLetter.stream_id)).scalars())
        return [rejection for rejection in rejected if rejection.message.stream_id in new]

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


def make_partitions(engine: Engine, rows: Sequence[Row]) -> None:
    """Make those that rows need, on another connection: they stay, whatever becomes of the rows."""
    made = ensure(engine, periods_of(rows))
    logger.info("made partitions on demand", extra={"partitions": made})


def whole(message: Message) -> bytes:
    """All that a message carried but its signature: the event, or every field where there is more or less."""
    fields = {name: value for name, value in message.fields.items() if name != SIGNATURE}
    if message.payload is not None and len(fields) <= 1:
        return message.payload
    return b"".join(b"%b=%b\n" % field for field in fields.items())
