"""Rows of `locations` and `clients` that no event uses any more; user agents are personal data.

No index leads from them to events, for it would cost every event that is stored.
So one pass reads the events once, partition by partition, and in it

* a row that is used loses its mark, if it had one,
* a row that was marked longer ago than the grace, and is used by nothing, is deleted,
* another one that is used by nothing is marked.

A worker may know the id of a row from before the mark, for two hours at most (see
`dictionaries.MEMORY_SECONDS`, twice: two caches stand behind each other), and uses
it within its batch; by the end of the grace, what it stored is there to be seen by
the pass. One that looks the row up later takes the mark away, and waits for a
deletion that is under way, or makes it fail.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from .engine import pin_session
from .errors import translated
from .partitions import existing

GRACE_HOURS = 24.0
COLUMNS = {"locations": "location_id", "clients": "client_id"}


def collect(engine: Engine, grace_hours: float = GRACE_HOURS) -> dict[str, int]:
    """One pass: take marks back, delete, mark. No partition may be dropped meanwhile, nor be half-way to it.

    It costs a sequential read of every partition, one statement each, and space by the
    number of distinct rows, not of events. Writers do not wait for it.

    Returns:
        How many rows were deleted, by table.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    with translated(), engine.connect() as connection:
        # each statement by itself: a transaction over all would keep Postgres from cleaning up
        connection.execution_options(isolation_level="AUTOCOMMIT")
        pin_session(connection)
        try:
            started = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            values = {"started": started, "hours": grace_hours}
            _find_used(connection)
            return {table: _settle(connection, table, values) for table in COLUMNS}
        finally:
            # the temporary tables go with the session
            connection.invalidate()


def _find_used(connection: Connection) -> None:
    for table in COLUMNS:
        connection.execute(text(f"CREATE TEMP TABLE used_{table} (id integer PRIMARY KEY)"))
    for partition in existing(connection):
        for table, column in COLUMNS.items():
            connection.execute(
                text(
                    f"INSERT INTO used_{table} SELECT DISTINCT {column} FROM {partition.name}"  # noqa: S608 - names from the catalog
                    f" WHERE {column} IS NOT NULL ON CONFLICT DO NOTHING"
                )
            )


def _settle(connection: Connection, table: str, values: dict[str, object]) -> int:
    is_used = f"EXISTS (SELECT FROM used_{table} AS u WHERE u.id = t.id)"
    taken_back = f"UPDATE {table} AS t SET unused_since = NULL WHERE unused_since IS NOT NULL AND {is_used}"  # noqa: S608 - constants
    deleted = (
        f"DELETE FROM {table} AS t WHERE NOT {is_used}"  # noqa: S608 - constants
        " AND unused_since < CAST(:started AS timestamptz) - make_interval(secs => :hours * 3600)"
    )
    marked = (
        f"UPDATE {table} AS t SET unused_since = clock_timestamp()"  # noqa: S608 - constants
        f" WHERE unused_since IS NULL AND recorded_at < :started AND NOT {is_used}"
    )
    connection.execute(text(taken_back), values)
    count = connection.execute(text(deleted), values).rowcount
    connection.execute(text(marked), values)
    return count
