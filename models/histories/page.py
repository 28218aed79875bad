"""One page of a history, newest first, and the way to the pages beside it.

The same few index entries are read for the first page and for the thousandth:
there is no OFFSET and no COUNT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, FromClause, Row, Select, Subquery, and_, any_, cast, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from trailkeeper.models.tables import SCOPES, EventRow

from .derivations import KINDS, DerivationKind
from .event import StoredEvent
from .event_key import Cursor, EventKey, newer_than, older_than
from .id_ranges import IdRange
from .page_rows import PageQuery, read_rows
from .question import Question
from .rows import EVENT, stored_events
from .visible import EVERYTHING, Visible
from .walk import newest_first, of_page, ordered_rows

MAX_LIMIT = 1000


def _looked_up(kind: DerivationKind) -> FromClause:
    """A row of a dictionary, by its key for each row of the page; a join would read the whole of it."""
    columns = [getattr(kind.table, name) for name in kind.columns]
    row = select(*columns).where(kind.table.id == of_page(kind.key))
    return row.offset(0).lateral(f"the_{kind.name}")


_DERIVATIONS = [_looked_up(kind) for kind in KINDS]
_COLUMNS = (*map(of_page, EVENT), *(column for derivation in _DERIVATIONS for column in derivation.c))


@dataclass(frozen=True)
class Page:
    """Events newest first.

    Attributes:
        events: at most as many as were asked for.
        older: pass it as *before* to read on; None where the history ends.
        newer: pass it as *after* to read back; None where it begins.
    """

    events: list[StoredEvent]
    older: EventKey | None
    newer: EventKey | None


def read_page(
    connection: Connection,
    question: Question,
    *,
    limit: int = 50,
    before: Cursor | None = None,
    after: Cursor | None = None,
    visible: Visible = EVERYTHING,
) -> Page:
    """The newest events that answer a question, or those next to a cursor.

    Args:
        connection: to the database.
        question: whose history, and which part.
        limit: the most events, 1 to 1,000.
        before: only events older than this one, beginning with its neighbour.
        after: only events newer than this one, beginning with its neighbour.
        visible: what may be seen.

    Raises:
        ValueError: the limit is out of range, or both cursors are given.
        StoreError: the database is away, busy, or gave up at the statement time-out.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit is {limit}; expected 1 to {MAX_LIMIT}")
    if before is not None and after is not None:
        raise ValueError("before and after are both given; expected one of them")
    page = PageQuery(question, visible, older_than(before), newer_than(after))

    def fetch(rows: Subquery) -> list[Row[Any]]:
        return [*connection.execute(_with_derivations(rows)).all()]  # not row by row, which takes longer

    rows = read_rows(connection, page, limit + 1, fetch)
    return _page(stored_events(rows), limit, before, after)


def read_stored(
    connection: Connection, question: Question, ids: Sequence[UUID], visible: Visible = EVERYTHING
) -> list[StoredEvent]:
    """The events among those with some ids, in whatever scope, that answer a question; newest first.

    Raises:
        StoreError: the database is away, busy, or gave up at the statement time-out.
    """
    with_ids = EventRow.id == any_(cast([*map(str, ids)], ARRAY(EventRow.id.type)))
    among = replace(visible, condition=and_(visible.condition, with_ids))
    within = IdRange(min(ids), UUID(int=max(ids).int + 1), is_short=True)
    rows = ordered_rows(EVENT, question, len(ids) * len(SCOPES), visible=among, within=within)
    return stored_events(connection.execute(_with_derivations(rows)).all())


def _with_derivations(page: Subquery) -> Select[Any]:
    """Of the page alone, so that a long walk looks up nothing."""
    joined: FromClause = page
    for derivation in _DERIVATIONS:
        joined = joined.outerjoin(derivation, true())
    return select(*_COLUMNS).select_from(joined).order_by(*newest_first())


def _page(rows: list[StoredEvent], limit: int, before: Cursor | None, after: Cursor | None) -> Page:
    """Cut to length; the one event more than asked for says whether the history goes on."""
    more = len(rows) > limit
    events = rows[:limit] if after is None else rows[-limit:]
    if not events:
        return Page([], None, None)
    goes_on_older = more if after is None else True
    goes_on_newer = more if after is not None else before is not None
    return Page(
        events,
        older=events[-1].key if goes_on_older else None,
        newer=events[0].key if goes_on_newer else None,
    )
