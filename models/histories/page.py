"""One page of a history, newest first, and the way to the pages beside it.

The same few index entries are read for the first page and for the thousandth:
there is no OFFSET and no COUNT.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, Subquery, select

from models.errors import translated
from models.tables import Client, EventRow, Location

from .event import StoredClient, StoredEvent, StoredLocation
from .question import Question
from .stretches import joined, stretches
from .walk import ordered_rows

MAX_LIMIT = 1000
Cursor = UUID
"""A place in a history: the id of the event before or after which a page begins."""

_EVENT = [field.name for field in fields(StoredEvent)][:-2]
_EVENT_COLUMNS = [EventRow.__table__.c[name] for name in _EVENT]
_LOCATION = [field.name for field in fields(StoredLocation)]
_CLIENT = [field.name for field in fields(StoredClient)]


@dataclass(frozen=True)
class Page:
    """Events newest first.

    Attributes:
        events: at most as many as were asked for.
        older: pass it as *before* to read on; None where the history ends.
        newer: pass it as *after* to read back; None where it begins.
    """

    events: list[StoredEvent]
    older: Cursor | None
    newer: Cursor | None


def read_page(
    connection: Connection,
    question: Question,
    *,
    limit: int = 50,
    before: Cursor | None = None,
    after: Cursor | None = None,
    visible: ColumnElement[bool] | None = None,
) -> Page:
    """The newest events that answer a question, or those next to a cursor.

    Args:
        connection: to the database.
        question: whose history, and which part.
        limit: the most events, 1 to 1,000.
        before: only events older than this one, beginning with its neighbour.
        after: only events newer than this one, beginning with its neighbour.
        visible: a condition on `EventRow` that every event must fulfil, such as what a viewer may see.

    Raises:
        ValueError: the limit is out of range, or both cursors are given.
        StoreError: the database is away, busy, or gave up at the statement time-out.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit is {limit}; expected 1 to {MAX_LIMIT}")
    if before is not None and after is not None:
        raise ValueError("before and after are both given; expected one of them")
    with translated():
        rows = _rows(connection, question, limit + 1, visible, before, after)
    return _page([_stored(row) for row in rows], limit, before, after)


def _rows(
    connection: Connection,
    question: Question,
    count: int,
    visible: ColumnElement[bool] | None,
    before: Cursor | None,
    after: Cursor | None,
) -> list[Row[Any]]:
    """Newest first, from as few stretches as are needed."""
    found: list[Row[Any]] = []
    left = stretches(question, before, after)
    while left and len(found) < count:
        within, *left = left
        page = ordered_rows(
            _EVENT_COLUMNS,
            question,
            count - len(found),
            visible=visible,
            before=before,
            after=after,
            within=within,
        )
        rows = list(connection.execute(_with_derivations(page)))
        found = [*found, *rows] if after is None else [*rows, *found]
        if not found and left:  # a history with little in it: the rest at once
            left = [joined(left)]
    return found


def _with_derivations(page: Subquery) -> Select[Any]:
    """Joined to the page alone, so that a long walk looks up nothing."""
    return (
        select(
            *(page.c[name] for name in _EVENT),
            *(getattr(Location, name).label(f"location_{name}_") for name in _LOCATION),
            *(getattr(Client, name).label(f"client_{name}_") for name in _CLIENT),
        )
        .select_from(page)
        .outerjoin(Location, Location.id == page.c.location_id)
        .outerjoin(Client, Client.id == page.c.client_id)
        .order_by(page.c.id.desc())
    )


def _stored(row: Row[Any]) -> StoredEvent:
    values = iter(row)
    event = {name: next(values) for name in _EVENT}
    location = {name: next(values) for name in _LOCATION}
    client = {name: next(values) for name in _CLIENT}
    return StoredEvent(
        **event,
        location=None if location["id"] is None else StoredLocation(**location),
        client=None if client["id"] is None else StoredClient(**client),
    )


def _page(found: list[StoredEvent], limit: int, before: Cursor | None, after: Cursor | None) -> Page:
    """Cut to length; the one event more than asked for says whether the history goes on."""
    more = len(found) > limit
    events = found[:limit] if after is None else found[-limit:]
    if not events:
        return Page([], None, None)
    goes_on_older = more if after is None else True
    goes_on_newer = more if after is not None else before is not None
    return Page(
        events,
        older=events[-1].id if goes_on_older else None,
        newer=events[0].id if goes_on_newer else None,
    )
