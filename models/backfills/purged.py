"""Up to when events were purged: nothing is left to enrich there, and no import brings it back."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, func, select

from trailkeeper.models.periods import id_floor
from trailkeeper.models.tables import EventRow, Purge

from .filters import EnrichFilters

Floors: TypeAlias = dict[tuple[str, str | None], datetime]
"""By scope and tag (None for the rule of the whole scope): events before this moment were purged."""


def floors(connection: Connection) -> Floors:
    """What purges removed so far."""
    statement = select(Purge.scope, Purge.tag, func.max(Purge.before)).group_by(Purge.scope, Purge.tag)
    return {(scope, tag): before for scope, tag, before in connection.execute(statement)}


def gone(connection: Connection, filters: EnrichFilters) -> datetime | None:
    """The moment up to which all that a backfill asks for was purged; None where something may be left."""
    since, until = filters.range
    known = floors(connection)
    ends = [known.get((scope, None)) for scope in filters.scopes]
    if not all(end is not None and until <= end for end in ends):
        return None
    left = (
        select(EventRow.id)
        .where(EventRow.scope.in_(filters.scopes))
        .where(EventRow.id >= id_floor(since), EventRow.id < id_floor(until))
        .limit(1)
    )
    if connection.scalar(left) is not None:  # held, or of a tag with a rule of its own
        return None
    return min(end for end in ends if end is not None)
