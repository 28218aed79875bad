"""A user's personal data in the table, in SQL on rows ``e`` of `events`.

The address, location, client and label of an event are the actor's. They are
taken away where the user acted, where somebody acted on the user's behalf, and
where nobody is known to have acted but the user is named; not where another person
did something to the user.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from trailkeeper.models.holds import HELD
from trailkeeper.models.writing import DERIVATIONS
from trailkeeper.worker.retention.personal import HAS_KEYS, WITHOUT_KEYS

BATCH = 1_000

NAMES = {"user_id": "user_name", "actor_id": "actor_name", "on_behalf_of_id": "on_behalf_of_name"}
OF_ACTOR = ("ip", *DERIVATIONS, "credential_label")

_ACTED = (
    "coalesce(e.actor_id = :user OR e.on_behalf_of_id = :user OR (e.user_id = :user AND e.actor_id IS NULL),"
    " false)"
)


def _changes() -> str:
    of_names = [
        f"{name} = CASE WHEN e.{key} = :user THEN NULL ELSE e.{name} END" for key, name in NAMES.items()
    ]
    of_actor = [f"{name} = CASE WHEN {_ACTED} THEN NULL ELSE e.{name} END" for name in OF_ACTOR]
    return ", ".join([*of_names, *of_actor, "extras = NULL", f"additional = {WITHOUT_KEYS}"])


def _due() -> str:
    of_names = [f"(e.{key} = :user AND e.{name} IS NOT NULL)" for key, name in NAMES.items()]
    of_actor = f"({_ACTED} AND num_nonnulls({', '.join(f'e.{name}' for name in OF_ACTOR)}) > 0)"
    return f"coalesce({' OR '.join([*of_names, of_actor, 'e.extras IS NOT NULL', HAS_KEYS])}, false)"


DUE = _due()
"""Whether a row that names the user still holds personal data. Extras count: they may hold anything."""

NAMED = "(e.user_id = :user OR e.actor_id = :user OR e.on_behalf_of_id = :user)"
"""Which rows name the user."""

# three walks along three indexes; the conditions are the indexes' own, word for word
_WALK = "SELECT id FROM events WHERE scope = :scope AND id > :after AND {} ORDER BY id LIMIT :size"
_PAGE = " UNION ".join(
    f"({_WALK.format(named)})"
    for named in (
        "user_id = :user",
        "actor_id = :user AND actor_id IS DISTINCT FROM user_id",
        "on_behalf_of_id = :user",
    )
)
NEXT = text(f"{_PAGE} ORDER BY id LIMIT :size")
ERASE = text(
    f"UPDATE events AS e SET {_changes()}, scrubbed_at = now(),"  # noqa: S608 - constants
    f" scrubbed_by = array_append(e.scrubbed_by, :by)"
    f" WHERE e.scope = :scope AND e.id = ANY(CAST(:ids AS uuid[])) AND {NAMED} AND {DUE} AND NOT {HELD}"
)
COUNT = text(
    f"SELECT count(*) FILTER (WHERE NOT {HELD}), count(*) FILTER (WHERE {HELD}) FROM events AS e"  # noqa: S608 - constants
    f" WHERE e.scope = :scope AND e.id = ANY(CAST(:ids AS uuid[])) AND {NAMED} AND {DUE}"
)


class ErasedUser(NamedTuple):
    """Whose data, and the parameter ``personal``."""

    user: str
    personal: str


def page(connection: Connection, whose: ErasedUser, scope: str, after: UUID) -> list[UUID]:
    """The next events that name the user, in order of ids."""
    values = {"user": whose.user, "scope": scope, "after": after, "size": BATCH}
    return list(connection.scalars(NEXT, values))


def count(connection: Connection, whose: ErasedUser, scope: str, ids: list[UUID]) -> tuple[int, int]:
    """How many of these events hold the user's data, and how many do and are held."""
    events, held = connection.execute(COUNT, {**whose._asdict(), "scope": scope, "ids": ids}).one()
    return int(events), int(held)


def erase_from(connection: Connection, whose: ErasedUser, scope: str, ids: list[UUID], by: str) -> int:
    """Take the user's data out of these events; returns out of how many."""
    values = {**whose._asdict(), "scope": scope, "ids": ids, "by": by}
    return connection.execute(ERASE, values).rowcount
