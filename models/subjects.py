"""Who is who among stored events: whether an id occurs, and which ids had a name lately."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, exists, select

from .tables import SCOPES, EventRow

Kind = Literal["user", "project", "organization", "actor"]
RECENT = 20_000
"""Events of each scope that are searched for a name, the newest first: names have no index."""


def occurs(connection: Connection, kind: Kind, identity: str) -> bool:
    """Whether any event names this id; a user's also as its actor."""
    named = getattr(EventRow, f"{kind}_id") == identity
    asked = [named, EventRow.actor_id == identity] if kind == "user" else [named]
    return any(connection.scalar(select(exists().where(each))) for each in asked)


def ids_named(connection: Connection, kind: Kind, name: str) -> list[str]:
    """The ids that had a name in recent events, the one of the newest event first."""
    identity, named = getattr(EventRow, f"{kind}_id"), getattr(EventRow, f"{kind}_name")
    found: dict[str, None] = {}
    for scope in SCOPES:
        recent = (
            select(identity.label("identity"), named.label("name"))
            .where(EventRow.scope == scope)
            .order_by(EventRow.id.desc())
            .limit(RECENT)
            .subquery()
        )
        of_that_name = select(recent.c.identity).where(recent.c.name == name, recent.c.identity.is_not(None))
        found |= dict.fromkeys(connection.scalars(of_that_name).all())
    return list(found)
