"""Where events end: partitions are made months ahead, and planned for although nothing is in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, exists, select

from trailkeeper.models.periods import id_floor, period_of
from trailkeeper.models.tables import EventRow

CLOCKS_AHEAD = timedelta(days=1)


def end_of_events(connection: Connection) -> UUID | None:
    """The first id of partitions to come, or None where a clock that is far ahead put something into them."""
    found = id_floor(period_of("user", datetime.now(UTC) + CLOCKS_AHEAD).end)
    return None if connection.scalar(select(exists().where(EventRow.id >= found))) else found
