"""The roles that a viewer has towards rows of `events`, as conditions.

Lists are one array constant each: a condition has to be planned for every arm of
a page, and a hundred parameters cost more there than the rows they let through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, false, literal, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from models.tables import EventRow
from producer.catalogue import Role

from .viewer import Membership, Viewer

Condition = ColumnElement[bool]
ROLES: tuple[Role, ...] = ("self", "owner", "maintainer", "public")


def stands_as(role: Role, viewer: Viewer) -> Condition:
    """The rows to which a viewer stands in a role, whatever their tags."""
    return _STANDING[role](viewer)


def tagged(tags: Iterable[str]) -> Condition:
    """The rows with any of these tags."""
    return _one_of(EventRow.tag, tags)


def _one_of(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], values: Iterable[str]
) -> Condition:
    found = sorted(values)
    return column == any_(literal(found, ARRAY(Text(collation="C")))) if found else false()


def _is_self(viewer: Viewer) -> Condition:
    if viewer.user_id is None:
        return false()
    acted = and_(EventRow.actor_id == viewer.user_id, EventRow.actor_kind == "user")
    return or_(EventRow.user_id == viewer.user_id, acted, EventRow.on_behalf_of_id == viewer.user_id)


def _is(role: Membership, viewer: Viewer) -> Condition:
    def places(memberships: dict[str, Membership]) -> list[str]:
        return [place for place, found in memberships.items() if found == role]

    return or_(
        _one_of(EventRow.project_id, places(viewer.projects)),
        _one_of(EventRow.organization_id, places(viewer.organizations)),
    )


_STANDING: dict[Role, Callable[[Viewer], Condition]] = {
    "self": _is_self,
    "owner": lambda viewer: _is("owner", viewer),
    "maintainer": lambda viewer: _is("maintainer", viewer),
    "public": lambda _: true(),
}
