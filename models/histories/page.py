"""One page of a history, newest first, and the way to the pages beside it.

The same few index entries are read for the first page and for the thousandth:
there is no OFFSET and no COUNT. Per scope and walk an ordered read stops at the
page's length, so that partitions beyond it are never opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, select, text, true, union_all

from models.errors import translated
from models.tables import SCOPES, Client, EventRow, Location

from .conditions import filters, walks
from .event import StoredClient, StoredEvent, StoredLocation
from .question import Question

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
    conditions = [*filters(question), true() if visible is None else visible]
    with translated():
        rows = connection.execute(_statement(walks(question), conditions, limit + 1, before, after)).all()
    return _page([_stored(row) for row in rows], limit, before, after)


def _statement(
    found_by: list[ColumnElement[bool]],
    conditions: list[ColumnElement[bool]],
    count: int,
    before: Cursor | None,
    after: Cursor | None,
) -> Select[Any]:
    if before is not None:
        conditions = [*conditions, EventRow.id < before]
    if after is not None:
        conditions = [*conditions, EventRow.id > after]
    order = EventRow.id.desc() if after is None else EventRow.id.asc()
    arms = [
        select(*_EVENT_COLUMNS).where(EventRow.scope == scope, walk, *conditions).order_by(order).limit(count)
        for scope in SCOPES
        for walk in found_by
    ]
    return _with_derivations(_merged(arms, count, newest_first=after is None))


def _merged(arms: Sequence[Select[Any]], count: int, *, newest_first: bool) -> Any:
    found = union_all(*arms).subquery("found")
    order = found.c.id.desc() if newest_first else found.c.id.asc()
    # as text: SQLAlchemy 2.0 and 2.1 have no way of saying it in common
    once = select(found).prefix_with(text("DISTINCT ON (found.id)"))
    return once.order_by(order).limit(count).subquery("page")


def _with_derivations(page: Any) -> Select[Any]:
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
