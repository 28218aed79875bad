"""The rows of a page, from no more stretches than are needed to fill it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Subquery

from .conditions import walks
from .end import end_of_events
from .question import Question
from .rows import EVENT
from .stretches import Stretch, joined, stretches
from .walk import ordered_rows

Found = TypeVar("Found")


class Asked(NamedTuple):
    """What a page is asked to hold: events next to a cursor that answer a question and are *visible*."""

    question: Question
    visible: ColumnElement[bool] | None
    before: UUID | None = None
    after: UUID | None = None

    def rows(self, count: int, within: Stretch) -> Subquery:
        """At most so many of its rows, of one stretch; see `ordered_rows`."""
        return ordered_rows(
            EVENT,
            self.question,
            count,
            visible=self.visible,
            before=self.before,
            after=self.after,
            within=within,
        )


def filled(
    connection: Connection, asked: Asked, count: int, fetch: Callable[[Subquery], list[Found]]
) -> list[Found]:
    """At most so many rows, newest first.

    Args:
        connection: to the database.
        asked: which rows.
        count: the most rows.
        fetch: gets those of one stretch, newest first.
    """
    found: list[Found] = []
    left = _stretches(connection, asked)
    while left and len(found) < count:
        within, *left = left
        rows = fetch(asked.rows(count - len(found), within))
        found = [*found, *rows] if asked.after is None else [*rows, *found]
        if not found and left:  # a history with little in it: the rest at once
            left = [joined(left)]
    return found


def _stretches(connection: Connection, asked: Asked) -> list[Stretch]:
    # worth a look only where it saves several walks from planning for what is to come
    looks = asked.before is None and len(walks(asked.question)) > 1
    return stretches(asked.question, asked.before, asked.after, end_of_events(connection) if looks else None)
