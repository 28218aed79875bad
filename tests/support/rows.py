"""Rows for tests that read: an event with what matters to the test, and defaults for the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, insert, literal_column, select

from trailkeeper.models.engine import transaction
from trailkeeper.models.partitions import ensure, period_of
from trailkeeper.models.stored_batches import note
from trailkeeper.models.tables import Base, EventRow
from trailkeeper.producer.ids import moment_of, uuid7

NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)


def event_row(occurred_at: datetime = NOON, **columns: Any) -> dict[str, Any]:
    """A row of `events`; its id is made of its time, or its time of its id where one is given."""
    if "id" in columns:
        occurred_at = moment_of(columns["id"])
    defaults = {
        "id": uuid7(occurred_at),
        "occurred_at": occurred_at,
        "scope": "user",
        "tag": "account:login:success",
    }
    return defaults | {"actor_kind": "anonymous"} | columns


def store(engine: Engine, *rows: dict[str, Any]) -> None:
    """Insert rows of `events`, whichever columns each has, and make the partitions that they need."""
    ensure(engine, {period_of(row["scope"], row["occurred_at"]) for row in rows})
    names = dict.fromkeys(name for row in rows for name in row)
    with transaction(engine) as connection:
        connection.execute(insert(EventRow), [{name: row.get(name) for name in names} for row in rows])
        note(connection, ((row["scope"], row["id"]) for row in rows))


def store_in(engine: Engine, table: type[Base], /, **columns: Any) -> int:
    """Insert one row of another table and return its id."""
    with transaction(engine) as connection:
        return int(
            connection.execute(insert(table).values(columns).returning(literal_column("id"))).scalar_one()
        )


def count(engine: Engine) -> int:
    """How many events are stored."""
    with transaction(engine) as connection:
        return connection.execute(select(func.count()).select_from(EventRow)).scalar_one()
