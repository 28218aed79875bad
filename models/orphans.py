"""Delete rows of the dictionaries that no event uses any more; user agents are personal data.

No index leads from them to events, as it would cost time for every event stored.
So one pass reads all events once, partition by partition, and

* a row in use loses its mark, if it had one,
* an unused row that was marked longer ago than the grace period is deleted,
* any other unused row is marked.

A worker may remember the id of a row from before the mark, for two hours at most
(`dictionaries.MEMORY_SECONDS` in each of two caches), and stores events with it; by the
end of the grace period the pass sees these events. A worker that looks the row up later
removes the mark, and either waits for a deletion under way or makes it fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Engine, text

from .engine import transaction
from .partitions import existing
from .writing import DERIVATIONS

GRACE_HOURS = 24.0


def collect(engine: Engine, grace_hours: float = GRACE_HOURS) -> dict[str, int]:
    """One pass: remove marks, delete, mark. No partition may be dropped meanwhile.

    It reads every partition sequentially, two or three times, and keeps one bit per dictionary row.
    Writers do not wait for it.

    Returns:
        How many rows were deleted, by table.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    with transaction(engine) as connection:
        started = connection.scalar(text("SELECT clock_timestamp()"))
        partitions = existing(connection)
    used = {table: IdSet() for table in DERIVATIONS.values()}
    for partition in partitions:
        for column, table in DERIVATIONS.items():
            statement = f"SELECT DISTINCT {column} FROM {partition.name} WHERE {column} IS NOT NULL"  # noqa: S608 - names from the catalog
            # one transaction each: a long one would hold back VACUUM
            with transaction(engine) as connection:
                used[table].update(connection.scalars(text(statement)))
    return {
        table: _mark_and_delete(engine, table, {"started": started, "hours": grace_hours, "used": bytes(ids)})
        for table, ids in used.items()
    }


def mark(connection: Connection, ids: Mapping[str, Iterable[int]]) -> None:
    """Mark rows that an event does not use any more, so that the next pass may delete them.

    One that other events use loses its mark in that pass, or when a worker looks it up.

    Args:
        connection: in a transaction.
        ids: of rows, by table.
    """
    for table, row_ids in ids.items():
        # in one order for everybody, as whoever takes marks away does
        locked = (
            f"SELECT id FROM {table} WHERE id = ANY (:ids) AND unused_since IS NULL ORDER BY id FOR UPDATE"  # noqa: S608 - constants
        )
        statement = text(f"UPDATE {table} SET unused_since = clock_timestamp() WHERE id IN ({locked})")  # noqa: S608 - constants
        if wanted := sorted(row_ids):
            connection.execute(statement, {"ids": wanted})


class IdSet(bytearray):
    """A set of small ids, one bit each, as Postgres' `get_bit` counts them."""

    def update(self, ids: Iterable[int]) -> None:
        """Add ids."""
        for row_id in ids:
            place, bit = divmod(row_id, 8)
            self.extend(bytes(max(0, place + 1 - len(self))))
            self[place] |= 1 << bit


def _mark_and_delete(engine: Engine, table: str, values: dict[str, object]) -> int:
    """Three statements for one table; returns how many rows were deleted."""
    is_used = "(t.id < 8 * octet_length(CAST(:used AS bytea)) AND get_bit(CAST(:used AS bytea), t.id) = 1)"
    unmark = f"UPDATE {table} AS t SET unused_since = NULL WHERE unused_since IS NOT NULL AND {is_used}"  # noqa: S608 - constants
    remove = (
        f"DELETE FROM {table} AS t WHERE NOT {is_used}"  # noqa: S608 - constants
        " AND unused_since < CAST(:started AS timestamptz) - make_interval(secs => :hours * 3600)"
    )
    mark = (
        f"UPDATE {table} AS t SET unused_since = clock_timestamp()"  # noqa: S608 - constants
        f" WHERE unused_since IS NULL AND recorded_at < :started AND NOT {is_used}"
    )
    counts = []
    for statement in (unmark, remove, mark):
        with transaction(engine) as connection:
            counts.append(connection.execute(text(statement), values).rowcount)
    return counts[1]
