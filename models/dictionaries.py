"""Ids of distinct derivations: the tables `locations`, `clients` and `networks`.

Rows are never altered, and committed before the batch of events that points to
them; so an id, once known to a process, stays true even where that batch is
rolled back. Two workers that meet the same new value at once wait for each other
once, and agree. What no event uses any more is collected (see `orphans`), and
never while somebody may still know its id: ids are forgotten after a while, and
whoever looks up a row that is marked for collection takes the mark away.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine, Table, select, update

from .engine import transaction

CAPACITY = 50_000
MEMORY_SECONDS = 3600.0
"""How long an id is remembered; far below the grace of `orphans`."""


class Memory:
    """Tells once per interval that remembered ids have to be forgotten."""

    def __init__(self, seconds: float = MEMORY_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._since = clock()

    def is_over(self) -> bool:
        """Whether the interval is over; if so, the next one begins."""
        now = self._clock()
        over = now - self._since > self._seconds
        if over:
            self._since = now
        return over


class Dictionary:
    """The ids of one table's rows, by digest; the most recently used are remembered for a while."""

    def __init__(
        self, engine: Engine, table: Table, capacity: int = CAPACITY, memory: Memory | None = None
    ) -> None:
        self._memory = memory or Memory()
        self._engine = engine
        self._table = table
        self._capacity = capacity
        self._known: OrderedDict[bytes, int] = OrderedDict()

    def ids(self, rows: Mapping[bytes, Mapping[str, Any]]) -> dict[bytes, int]:
        """The id of each row, inserting those that are new.

        Args:
            rows: by digest, the values of a row besides `digest`.

        Raises:
            StoreUnavailable: Postgres did not answer.
        """
        if self._memory.is_over():
            self._known.clear()
        ids = {digest: self._known[digest] for digest in rows if digest in self._known}
        missing = [digest for digest in rows if digest not in ids]
        if missing:
            ids |= self._look_up(missing, rows)
        self._remember(ids)
        return ids

    def _look_up(self, digests: list[bytes], rows: Mapping[bytes, Mapping[str, Any]]) -> dict[bytes, int]:
        ids = self._select(digests)
        # in one order for everybody: two that insert the same values in two orders would deadlock
        new = sorted(digest for digest in digests if digest not in ids)
        if new:
            ids |= self._insert([{"digest": _hex(digest), **rows[digest]} for digest in new])
            # another process was quicker with these
            missing = [digest for digest in new if digest not in ids]
            ids |= self._select(missing) if missing else {}
        return ids

    def _insert(self, rows: list[dict[str, Any]]) -> dict[bytes, int]:
        """As one JSON value that Postgres expands: a parameter per value takes ten times as long."""
        names = ", ".join(rows[0])
        statement = (
            f"INSERT INTO {self._table.name} ({names})"  # noqa: S608 - names of our own tables and columns
            f" SELECT {names} FROM json_populate_recordset(NULL::{self._table.name}, %s)"
            " ON CONFLICT DO NOTHING RETURNING digest, id"
        )
        with transaction(self._engine) as connection:
            inserted = connection.exec_driver_sql(statement, (json.dumps(rows),)).all()
        return {bytes(digest): row_id for digest, row_id in inserted}

    def _select(self, digests: list[bytes]) -> dict[bytes, int]:
        statement = (
            f"SELECT digest, id, unused_since IS NOT NULL FROM {self._table.name}"  # noqa: S608 - likewise
            " WHERE digest = ANY (%s::bytea[])"
        )
        wanted = "{" + ",".join(f'"\\{_hex(digest)}"' for digest in digests) + "}"
        with transaction(self._engine) as connection:
            rows = connection.exec_driver_sql(statement, (wanted,)).all()
        ids = {bytes(digest): row_id for digest, row_id, is_marked in rows if not is_marked}
        marked = sorted(row_id for _, row_id, is_marked in rows if is_marked)
        return ids | self._unmark(marked) if marked else ids

    def _unmark(self, ids: list[int]) -> dict[bytes, int]:
        """Take the marks away; a row that was collected just before is not found, and will be made anew."""
        columns = self._table.c
        # in one order for everybody, as above
        locked = select(columns.id).where(columns.id.in_(ids)).order_by(columns.id).with_for_update()
        kept = update(self._table).where(columns.id.in_(ids)).values(unused_since=None)
        with transaction(self._engine) as connection:
            connection.execute(locked)
            rows = connection.execute(kept.returning(columns.digest, columns.id))
            return {bytes(digest): row_id for digest, row_id in rows}

    def _remember(self, ids: Mapping[bytes, int]) -> None:
        for digest, row_id in ids.items():
            self._known[digest] = row_id
            self._known.move_to_end(digest)
        while len(self._known) > self._capacity:
            self._known.popitem(last=False)


def _hex(digest: bytes) -> str:
    """Bytes as Postgres reads them from text."""
    return f"\\x{digest.hex()}"
