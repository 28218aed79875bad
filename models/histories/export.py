"""A history from its newest event to its oldest, for exports: a part of it costs little more than its rows.

What takes most of the time of a page is done another way: rows come as text and stay
text, and derivations are looked up once for all parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Subquery, Text, literal_column, select

from .derivations import KINDS, Derivations, Json
from .event import EventTexts
from .event_key import Cursor, EventKey, older_than
from .page_rows import PageQuery, read_rows
from .question import Question
from .visible import Visible
from .walk import newest_first

PART = 2_000
"""Events of one part: enough that planning it costs little of it."""

AS_TEXT = ("id", "occurred_at", "recorded_at", "additional", "extras")
"""What the driver would make objects of; addresses it gives as text."""

ExportRow = tuple[EventTexts, tuple[Json | None, ...]]
"""An event, and its derivations in the order of `KINDS`."""


@dataclass(frozen=True)
class ExportPart:
    """Rows newest first; pass *older* as *before* to read on, None where the history ends."""

    rows: list[ExportRow]
    older: EventKey | None


class ExportReader:
    """Reads a history part by part. Not for several threads at once.

    Args:
        question: whose history, and which part of it.
        visible: what may be seen.
    """

    def __init__(self, question: Question, visible: Visible) -> None:
        self._question = question
        self._visible = visible
        self._derivations = [(attrgetter(kind.key), Derivations(kind)) for kind in KINDS]

    def part(self, connection: Connection, before: Cursor | None = None) -> ExportPart:
        """The newest events, or those older than one: as `read_page` finds them, more at once.

        Raises:
            StoreError: the database is away, busy, or gave up at the statement time-out.
        """
        page = PageQuery(self._question, self._visible, older_than(before))
        events = read_rows(connection, page, PART + 1, lambda page: _fetched(connection, page))
        rows = self._rows(connection, events[:PART])
        last = events[PART - 1] if len(events) > PART else None
        return ExportPart(rows, EventKey(UUID(last.id), last.scope) if last else None)

    def _rows(self, connection: Connection, events: Sequence[EventTexts]) -> list[ExportRow]:
        columns = []
        for key_of, derivations in self._derivations:
            keys = list(map(key_of, events))
            columns.append(map(derivations.of(connection, set(keys)).__getitem__, keys))
        return list(zip(events, zip(*columns, strict=True), strict=True))


def _fetched(connection: Connection, page: Subquery) -> list[EventTexts]:
    statement = select(*_COLUMNS).select_from(page).order_by(*newest_first())
    return list(map(EventTexts._make, connection.execute(statement).all()))


def _written(name: str) -> ColumnElement[Any]:
    return literal_column(f"page.{name}{'::text' if name in AS_TEXT else ''}", Text)


_COLUMNS = [_written(name) for name in EventTexts._fields]
