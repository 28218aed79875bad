"""The rows of a history in order, as a subquery that reads no further than it has to.

Per scope and walk an ordered read stops at the length asked for, so that
partitions beyond it are never opened. Within a short range of ids scopes are read
as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, false, func, literal_column, select, union_all

from trailkeeper.models.tables import SCOPES, EventRow

from .conditions import Condition, filters, walks
from .id_ranges import IdRange
from .question import Question


def ordered_rows(
    columns: Sequence[str],
    question: Question,
    count: int,
    *,
    visible: ColumnElement[bool] | None = None,
    before: UUID | None = None,
    after: UUID | None = None,
    within: IdRange | None = None,
) -> Subquery:
    """At most *count* rows: the newest, those just before an id, or those just after one.

    Args:
        columns: names of columns of `events`, `id` among them; `of_page` stands for one of them then.
        question: whose history, and which part.
        count: the most rows.
        visible: a condition on `EventRow` that every row must fulfil.
        before: only rows older than this one.
        after: only rows newer than this one, the oldest of them first.
        within: only rows in this range.
    """
    conditions = [*filters(question)]
    if visible is not None:
        # as a value, of which Postgres guesses nothing: a guess looks up each tag anew for every partition
        conditions.append(func.coalesce(visible, false()))
    if within is not None:
        conditions += within.conditions()
    if before is not None:
        conditions.append(EventRow.id < before)
    if after is not None:
        conditions.append(EventRow.id > after)
    order = EventRow.id.desc() if after is None else EventRow.id.asc()
    arms = [
        select(_named(columns)).where(*scope, walk, *conditions).order_by(order).limit(count)
        for scope in _scopes(within)
        for walk in walks(question)
    ]
    return _merged(arms, count, newest_first=after is None)


def _scopes(within: IdRange | None) -> list[list[Condition]]:
    # merging few partitions opens all of them, and is planned in a third of the time
    if within is not None and within.is_short:
        return [[]]
    return [[EventRow.scope == scope] for scope in SCOPES]


def of_page(name: str) -> ColumnElement[Any]:
    """A column of what `ordered_rows` finds."""
    # as text, here and below: hundreds of column objects a page would take as long as Postgres does
    return literal_column(f"page.{name}", EventRow.__table__.c[name].type)


def _named(columns: Sequence[str]) -> ColumnElement[Any]:
    return literal_column(", ".join(f"events.{name}" for name in columns))


def _merged(arms: Sequence[Select[Any]], count: int, *, newest_first: bool) -> Subquery:
    merged = union_all(*arms).subquery("merged")
    identity: ColumnElement[Any] = literal_column("merged.id")
    once: Select[Any] = select(literal_column("DISTINCT ON (merged.id) merged.*")).select_from(merged)
    return once.order_by(identity.desc() if newest_first else identity.asc()).limit(count).subquery("page")
