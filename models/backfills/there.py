"""Which of some events are stored already."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, func, select

from trailkeeper.models.errors import translated
from trailkeeper.models.tables import EventRow


def stored(connection: Connection, scope: str, ids: Sequence[UUID]) -> int:
    """How many of these events of one scope are in the table."""
    counted = select(func.count()).select_from(EventRow)
    with translated():
        found = connection.execute(counted.where(EventRow.scope == scope, EventRow.id.in_(ids)))
        return found.scalar_one()
