"""What a job did, as rows of `purges`, `scrubs` and `erasures`.

A record is opened before the job begins, and closed with an event. A job that is
killed leaves it open, with the counts of what it committed; the next job of its
kind goes on with that record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, Engine, Table, delete, insert, select, text, update

from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import Base


def opened(engine: Engine, table: type[Base], same: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """The id of a record to go on with, or of a new one.

    Args:
        engine: the database.
        table: of the records.
        same: columns by which an open record is known to be of the same job.
        values: the other columns.
    """
    columns = _of(table).c
    alike = [columns[name].is_not_distinct_from(value) for name, value in same.items()]
    open_records = (
        select(columns.id).where(columns.finished_at.is_(None), *alike).order_by(columns.id).limit(1)
    )
    with transaction(engine) as connection:
        identity = connection.scalar(open_records)
        if identity is not None:
            connection.execute(update(table).where(columns.id == identity).values(values))
            return int(identity)
        new = {"started_at": datetime.now(UTC), "finished_at": None, **_zeros(table), **same, **values}
        return int(connection.execute(insert(table).values(new).returning(columns.id)).scalar_one())


def left_open(connection: Connection, table: type[Base]) -> list[int]:
    """The ids of records that were never closed."""
    columns = _of(table).c
    return list(connection.scalars(select(columns.id).where(columns.finished_at.is_(None))))


def count(connection: Connection, table: type[Base], identity: int, **numbers: int) -> None:
    """Add to a record's counts."""
    columns = _of(table).c
    added = {name: columns[name] + number for name, number in numbers.items()}
    connection.execute(update(table).where(columns.id == identity).values(added))


def number(engine: Engine, table: type[Base], identity: int, column: str) -> int:
    """One of a record's counts."""
    columns = _of(table).c
    with transaction(engine) as connection:
        return int(connection.execute(select(columns[column]).where(columns.id == identity)).scalar_one())


def closed(connection: Connection, table: type[Base], identity: int, **values: Any) -> dict[str, Any]:
    """Close a record; returns all of it."""
    statement = (
        update(table)
        .where(_of(table).c.id == identity)
        .values(values | {"finished_at": text("clock_timestamp()")})
        .returning(_of(table))
    )
    return dict(connection.execute(statement).mappings().one())


def forget(connection: Connection, table: type[Base], identity: int) -> None:
    """Remove the record of a job that found nothing to do."""
    connection.execute(delete(table).where(_of(table).c.id == identity))


def _zeros(table: type[Base]) -> dict[str, int]:
    return {name: 0 for name in ("partitions", "events") if name in _of(table).c}


def _of(table: type[Base]) -> Table:
    return cast(Table, table.__table__)
