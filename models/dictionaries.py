"""Ids of distinct derivations: the tables `locations` and `clients`.

Rows are only ever inserted, and committed before the batch of events that
points to them; so an id, once known to a process, stays true even where that
batch is rolled back. Two workers that meet the same new value at once wait for
each other once, and agree.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, Table, select
from sqlalchemy.dialects.postgresql import insert

from .errors import translated

CAPACITY = 50_000


class Dictionary:
    """The ids of one table's rows, by digest; the most recently used are remembered."""

    def __init__(self, engine: Engine, table: Table, capacity: int = CAPACITY) -> None:
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
        found = {digest: self._known[digest] for digest in rows if digest in self._known}
        missing = [digest for digest in rows if digest not in found]
        if missing:
            found |= self._look_up(missing, rows)
        self._remember(found)
        return found

    def _look_up(self, digests: list[bytes], rows: Mapping[bytes, Mapping[str, Any]]) -> dict[bytes, int]:
        with translated():
            found = self._select(digests)
            # in one order for everybody: two that insert the same values in two orders would deadlock
            new = [{"digest": digest, **rows[digest]} for digest in sorted(digests) if digest not in found]
            if new:
                with self._engine.begin() as connection:
                    connection.execute(insert(self._table).values(new).on_conflict_do_nothing())
                found |= self._select([row["digest"] for row in new])
        return found

    def _select(self, digests: list[bytes]) -> dict[bytes, int]:
        columns = self._table.c
        wanted = select(columns.digest, columns.id).where(columns.digest.in_(digests))
        with self._engine.connect() as connection:
            return {bytes(digest): row_id for digest, row_id in connection.execute(wanted)}

    def _remember(self, found: Mapping[bytes, int]) -> None:
        for digest, row_id in found.items():
            self._known[digest] = row_id
            self._known.move_to_end(digest)
        while len(self._known) > self._capacity:
            self._known.popitem(last=False)
