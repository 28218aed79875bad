"""The rows of a page, from no more id_ranges than are needed to fill it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Subquery, exists, select

from trailkeeper.models.periods import id_floor, period_of
from trailkeeper.models.tables import EventRow

from .conditions import walks
from .event_key import EventKey
from .id_ranges import IdRange, id_ranges, merged
from .question import Question
from .rows import EVENT
from .visible import EVERYTHING, Visible
from .walk import ordered_rows

R = TypeVar("R")
CLOCKS_AHEAD = timedelta(days=1)


class PageQuery(NamedTuple):
    """The query of a page: events next to a cursor that answer a question and are *visible*."""

    question: Question
    visible: Visible = EVERYTHING
    before: EventKey | None = None
    after: EventKey | None = None

    def rows(self, count: int, within: IdRange) -> Subquery:
        """At most so many of its rows, within one id range; see `ordered_rows`."""
        return ordered_rows(
            EVENT,
            self.question,
            count,
            visible=self.visible,
            before=self.before,
            after=self.after,
            within=within,
        )


def read_rows(
    connection: Connection, page: PageQuery, count: int, fetch: Callable[[Subquery], list[R]]
) -> list[R]:
    """At most so many rows, newest first.

    Args:
        connection: to the database.
        page: which rows.
        count: the most rows.
        fetch: gets those of one id range, newest first.
    """
    filled: list[R] = []
    left = _id_ranges(connection, page)
    while left and len(filled) < count:
        within, *left = left
        rows = fetch(page.rows(count - len(filled), within))
        filled = [*filled, *rows] if page.after is None else [*rows, *filled]
        if not filled and left:  # a history with little in it: the rest at once
            left = [merged(left)]
    return filled


def _id_ranges(connection: Connection, page: PageQuery) -> list[IdRange]:
    # the extra query pays only where it saves several walks from planning for future partitions
    bounded = page.before is None and len(walks(page.question, page.visible)) > 1
    before, after = page.before and page.before.id, page.after and page.after.id
    return id_ranges(page.question, before, after, _end_of_events(connection) if bounded else None)


def _end_of_events(connection: Connection) -> UUID | None:
    """The first id of future partitions, or None if a clock far ahead has put events there.

    Partitions are made months ahead; without this bound they would be planned for although they are empty.
    """
    end = id_floor(period_of("user", datetime.now(UTC) + CLOCKS_AHEAD).end)
    return None if connection.scalar(select(exists().where(EventRow.id >= end))) else end
