"""The rows of a history in order, as a subquery that reads no further than it has to.

Per scope and walk an ordered read stops at the length asked for, so that
partitions beyond it are never opened. Within a short range of ids scopes are read
as one. An event is its id and its scope: one id may be in several, and each is a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from trailkeeper.models.tables import SCOPES, EventRow

from .conditions import Condition, filters, walks
from .event_key import AFTER_ALL, BEFORE_ALL, EventKey
from .id_ranges import IdRange
from .question import Question
from .visible import EVERYTHING, Visible


def ordered_rows(
    columns: Sequence[str],
    question: Question,
    count: int,
    *,
    visible: Visible = EVERYTHING,
    before: EventKey | None = None,
    after: EventKey | None = None,
    within: IdRange | None = None,
) -> Subquery:
    """At most *count* rows: the newest, those just before an event, or those just after one.

    Args:
        columns: names of columns of `events`, `id` and `scope` among them; `of_page` stands for one then.
        question: whose history, and which part.
        count: the most rows.
        visible: what may be seen.
        before: only rows older than this one.
        after: only rows newer than this one, the oldest of them first.
        within: only rows in this range.
    """
    conditions = [*filters(question)]
    if visible is not EVERYTHING:
        # as a value, of which Postgres guesses nothing: a guess looks up each tag anew for every partition
        conditions.append(func.coalesce(visible.condition, false()))
    if within is not None:
        conditions += within.conditions()
    order = EventRow.id.desc() if after is None else EventRow.id.asc()
    arms = []
    for scope in _scopes(within):
        place = [*_beside(before, scope, older=True), *_beside(after, scope, older=False)]
        one = [] if scope is None else [EventRow.scope == scope]
        # of one scope an id is unique; of all together the last one's namesakes belong to it
        arms += [
            _for_each(
                walk.keys,
                select(_named(columns))
                .where(*one, walk.condition, *conditions, *place)
                .order_by(order)
                .fetch(count, with_ties=scope is None),
            )
            for walk in walks(question, visible)
        ]
    return _merged(arms, count, newest_first=after is None)


def _scopes(within: IdRange | None) -> Sequence[str | None]:
    # merging few partitions opens all of them, and is planned in a third of the time
    return (None,) if within is not None and within.is_short else SCOPES


def _beside(place: EventKey | None, scope: str | None, *, older: bool) -> list[Condition]:
    """The rows of one scope, or of all, on one side of a place in the order of ids and scopes."""
    if place is None:
        return []
    beyond = EventRow.id < place.id if older else EventRow.id > place.id
    if scope is not None:
        with_it = scope < place.scope if older else scope > place.scope
        return [_from(place, older=older) if with_it else beyond]
    if place.scope == (BEFORE_ALL if older else AFTER_ALL):
        return [beyond]
    namesake = EventRow.scope < place.scope if older else EventRow.scope > place.scope
    return [and_(_from(place, older=older), or_(beyond, namesake))]


def _from(place: EventKey, *, older: bool) -> Condition:
    return EventRow.id <= place.id if older else EventRow.id >= place.id


def newest_first() -> list[ColumnElement[Any]]:
    """The order of a page."""
    return [of_page("id").desc(), of_page("scope").desc()]


def of_page(name: str) -> ColumnElement[Any]:
    """A column of what `ordered_rows` finds."""
    # as text, here and below: hundreds of column objects a page would take as long as Postgres does
    return literal_column(f"page.{name}", EventRow.__table__.c[name].type)


def _named(columns: Sequence[str]) -> ColumnElement[Any]:
    return literal_column(", ".join(f"events.{name}" for name in columns))


def _for_each(keys: tuple[str, ...] | None, arm: Select[Any]) -> Select[Any]:
    """An arm for each of some keys, planned once for all of them."""
    if keys is None:
        return arm
    each = func.unnest(cast(list(keys), ARRAY(Text))).table_valued("key").render_derived(name="each")
    found: Select[Any] = select(literal_column("found.*"))
    return found.select_from(each.join(arm.lateral("found"), true()))


def _merged(arms: Sequence[Select[Any]], count: int, *, newest_first: bool) -> Subquery:
    merged = union_all(*arms).subquery("merged")
    keys: list[ColumnElement[Any]] = [literal_column("merged.id"), literal_column("merged.scope")]
    once: Select[Any] = select(literal_column("DISTINCT ON (merged.id, merged.scope) merged.*"))
    order = [key.desc() if newest_first else key.asc() for key in keys]
    return once.select_from(merged).order_by(*order).limit(count).subquery("page")
