"""A viewer's roles towards rows of `events`, as SQL conditions.

Lists are keys of one JSON constant: each part of a page plans its conditions again, and
for an array Postgres would estimate each time how often every element occurs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from sqlalchemy import ColumnElement, Text, and_, cast, literal, or_, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute

from trailkeeper.models.tables import EventRow
from trailkeeper.producer.catalogue import Role

from .viewer import Membership, Viewer

Condition = ColumnElement[bool]
Column = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
ROLES: tuple[Role, ...] = ("self", "owner", "maintainer", "public")


def role_condition(role: Role, viewer: Viewer) -> Condition | None:
    """The rows towards which a viewer has a role, whatever their tags; None for no row at all."""
    return _CONDITIONS[role](viewer)


def has_tag(tags: Iterable[str]) -> Condition:
    """The rows with any of these tags."""
    return _one_of(EventRow.tag, tags)


def _one_of(column: Column, values: Iterable[str]) -> Condition:
    keys = cast(literal(json.dumps(dict.fromkeys(sorted(values), 0)), Text), JSONB)
    return keys.op("?", is_comparison=True)(column)


def _is_self(viewer: Viewer) -> Condition | None:
    if viewer.user_id is None:
        return None
    acted = and_(EventRow.actor_id == viewer.user_id, EventRow.actor_kind == "user")
    return or_(EventRow.user_id == viewer.user_id, acted, EventRow.on_behalf_of_id == viewer.user_id)


def _is(role: Membership, viewer: Viewer) -> Condition | None:
    places = (
        (EventRow.project_id, _of_role(role, viewer.projects)),
        (EventRow.organization_id, _of_role(role, viewer.organizations)),
    )
    conditions = [_one_of(column, ids) for column, ids in places if ids]
    return or_(*conditions) if conditions else None


def _of_role(role: Membership, memberships: dict[str, Membership]) -> list[str]:
    return [identity for identity, membership in memberships.items() if membership == role]


_CONDITIONS: dict[Role, Callable[[Viewer], Condition | None]] = {
    "self": _is_self,
    "owner": lambda viewer: _is("owner", viewer),
    "maintainer": lambda viewer: _is("maintainer", viewer),
    "public": lambda _: true(),
}
