"""The partitions that exist, from Postgres' catalog."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, text

from trailkeeper.models.errors import StoreMisconfigured
from trailkeeper.models.periods import Period, moment_of, period_named

DOOMED = "trailkeeper: being dropped"
"""The comment on a partition that is being dropped. One that an operator detached to keep has none."""

_ATTACHED = text("""
    SELECT leaf.relname
      FROM pg_inherits AS below
      JOIN pg_class AS leaf ON leaf.oid = below.inhrelid
      JOIN pg_inherits AS above ON above.inhrelid = below.inhparent
     WHERE above.inhparent = 'events'::regclass AND NOT below.inhdetachpending
""")

_EXISTING = text("""
    SELECT leaf.relname AS name,
           substr(parent.relname, length('events_') + 1) AS scope,
           pg_get_expr(leaf.relpartbound, leaf.oid) AS bounds,
           greatest(leaf.reltuples::bigint, pg_stat_get_live_tuples(leaf.oid), 0) AS rows,
           coalesce(pg_total_relation_size(leaf.oid), 0) AS bytes,
           below.inhdetachpending AS detaching
      FROM pg_inherits AS below
      JOIN pg_class AS leaf ON leaf.oid = below.inhrelid
      JOIN pg_class AS parent ON parent.oid = below.inhparent
      JOIN pg_inherits AS above ON above.inhrelid = parent.oid
     WHERE above.inhparent = 'events'::regclass
""")

_LEFTOVERS = text("""
    SELECT relname
      FROM pg_class
     WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass)
       AND relkind = 'r' AND NOT relispartition AND relname LIKE 'events\\_%'
       AND obj_description(oid, 'pg_class') = :doomed
     ORDER BY relname
""")

_BOUNDS = re.compile(r"FOR VALUES FROM \('([0-9a-f-]{36})'\) TO \('([0-9a-f-]{36})'\)")


@dataclass(frozen=True, order=True)
class Partition:
    """A partition as Postgres knows it.

    Attributes:
        scope: one of `SCOPES`.
        start: the earliest time it holds, in UTC.
        end: the time at which the next begins, in UTC.
        name: its table.
        rows: how many events, as far as statistics know.
        bytes: its size on disk with its indexes.
        detaching: it was being detached when the process died or gave up.
    """

    scope: str
    start: datetime
    end: datetime
    name: str
    rows: int
    bytes: int
    detaching: bool


def existing(connection: Connection) -> list[Partition]:
    """Every attached partition, by scope and time.

    Raises:
        StoreError: the schema is missing, or the database is away.
    """
    return sorted(_partition(row) for row in connection.execute(_EXISTING))


def attached_names(connection: Connection) -> set[str]:
    """The names of the partitions that take rows."""
    return set(connection.scalars(_ATTACHED))


def leftovers(connection: Connection) -> list[str]:
    """Tables that a purge detached and did not drop.

    Raises:
        StoreError: the schema is missing, or the database is away.
    """
    names = connection.scalars(_LEFTOVERS, {"doomed": DOOMED})
    return [name for name in names if period_named(name) is not None]


def is_doomed(connection: Connection, name: str) -> bool:
    """Whether the table of this name is a partition that is being dropped, attached or not."""
    comment = text("SELECT obj_description(to_regclass(:name), 'pg_class')")
    return str(connection.scalar(comment, {"name": name})) == DOOMED


def attach(connection: Connection, period: Period) -> None:
    """Attach a table of the period's name as its partition."""
    # names come from Period: a scope of ours and digits
    connection.execute(
        text(
            f"ALTER TABLE {period.parent} ATTACH PARTITION {period.name}"
            f" FOR VALUES FROM ('{period.low}') TO ('{period.high}')"
        )
    )


def _partition(row: Row[tuple[str, str, str, int, int, bool]]) -> Partition:
    match = _BOUNDS.fullmatch(row.bounds)
    if match is None:
        raise StoreMisconfigured(f"partition {row.name} has the bounds {row.bounds}; expected two ids")
    start, end = (moment_of(UUID(bound)) for bound in match.groups())
    return Partition(row.scope, start, end, row.name, row.rows, row.bytes, row.detaching)
