"""A user's personal data in the table: in the events that name the user, and in what others said.

`owning` tells whose the address, location, client and credential of an event are. An
event that does not name the user stays as it is, save for personal values in its payload,
names, labels and unknown fields that do: what an admin looked for, an address that was banned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from trailkeeper.models.holds import HELD
from trailkeeper.models.writing import DERIVATIONS
from trailkeeper.worker.retention.personal import HAS_KEYS, Payload, PersonalKeys

from .owning import anothers, has_origin, names_person
from .person import Person
from .sweeping import swept as swept_payload

BATCH = 1_000
WINDOW = 5_000

NAMES = {"user_id": "user_name", "actor_id": "actor_name", "on_behalf_of_id": "on_behalf_of_name"}
OF_ACTOR = ("ip", *DERIVATIONS, "credential_id", "credential_label")

NAMED = (
    "coalesce(e.user_id = :user OR e.on_behalf_of_id = :user"
    " OR (e.actor_id = :user AND e.actor_kind = 'user'), false)"
)
"""Which rows ``e`` name the user; `named_by` says the same of a row that was read."""

TEXTS = (*NAMES.values(), "credential_label")
"""Columns with texts that people chose, besides the names of projects and organizations."""
_TOLD = f"concat_ws(' ', {', '.join(f'e.{name}' for name in TEXTS)})"
_MAY_TELL = rf"{_TOLD} ~ '[@%\\\u3002\uFE50-\uFE6F\uFF00-\uFFEF]|[0-9][.][0-9]|:[0-9A-Fa-f]{{0,4}}:'"
"""Whether there may be an email address or an address in one of them: nearly none has."""

OTHER_SUBJECTS = ("project_id", "organization_id")
COLUMNS = (*NAMES, *NAMES.values(), *OTHER_SUBJECTS, "actor_kind", *OF_ACTOR, "tag", "additional", "extras")
_COLUMNS = ", ".join(f"e.{name}" for name in ("id", "scope", *COLUMNS))

# three walks along three indexes; the conditions hold the indexes' own, word for word
_WALK = "SELECT id FROM events WHERE scope = :scope AND id > :after AND {} ORDER BY id LIMIT :size"
_PAGE = " UNION ".join(
    f"({_WALK.format(named)})"
    for named in (
        "user_id = :user",
        "actor_id = :user AND actor_id IS DISTINCT FROM user_id AND actor_kind = 'user'",
        "on_behalf_of_id = :user",
    )
)
NEXT = text(f"{_PAGE} ORDER BY id LIMIT :size")
THESE = "e.scope = :scope AND e.id = ANY(CAST(:ids AS uuid[]))"
READ = f"SELECT {_COLUMNS}, {HELD} AS held FROM events AS e WHERE {THESE} ORDER BY e.id"  # noqa: S608 - constants
WITHIN = "e.scope = :scope AND e.id > :after AND (CAST(:edge AS uuid) IS NULL OR e.id <= :edge)"
"""What belongs to an `EventWindow`, of rows ``e``."""
EDGE = text("SELECT id FROM events WHERE scope = :scope AND id > :after ORDER BY id OFFSET :skipped LIMIT 1")
OTHERS = text(
    f"SELECT {_COLUMNS} FROM events AS e WHERE {WITHIN} AND NOT {NAMED}"  # noqa: S608 - constants
    f" AND (e.extras IS NOT NULL OR {_MAY_TELL} OR {HAS_KEYS})"
)

Row: TypeAlias = Mapping[str, Any] | RowMapping
Change = dict[str, Any]
"""What is to be written of a row."""


class EventWindow(NamedTuple):
    """Some events of a scope in order of ids: those after one, up to another or to the end."""

    scope: str
    after: UUID
    edge: UUID | None


def page(connection: Connection, user: str, scope: str, after: UUID) -> list[UUID]:
    """The next events that name the user, in order of ids."""
    values = {"user": user, "scope": scope, "after": after, "size": BATCH}
    return list(connection.scalars(NEXT, values))


def read(connection: Connection, scope: str, ids: Sequence[UUID], *, lock: bool) -> Sequence[Row]:
    """These events, and whether each is `held`; with *lock*, locked until the transaction ends."""
    statement = text(f"{READ} FOR UPDATE" if lock else READ)
    return connection.execute(statement, {"scope": scope, "ids": list(ids)}).mappings().all()


def window(connection: Connection, scope: str, after: UUID) -> EventWindow:
    """The window of events that begins after an id."""
    edge: UUID | None = connection.scalar(EDGE, {"scope": scope, "after": after, "skipped": WINDOW - 1})
    return EventWindow(scope, after, edge)


def others(connection: Connection, person: Person, keys: PersonalKeys, window: EventWindow) -> list[UUID]:
    """The events of a window that do not name the user, and tell of the person in what people wrote."""
    values = {"user": person.user, "present": keys.present, **window._asdict()}
    rows = connection.execute(OTHERS, values).mappings()
    return [row["id"] for row in rows if swept(row, person, keys) is not None]


def erased(row: Row, person: Person, keys: PersonalKeys) -> Change | None:
    """What is to be written of an event that names the user; None where it has nothing of the person."""
    left = {name: row[name] for name in (*NAMES.values(), *OF_ACTOR)}
    left |= _telling(row, person.within(row["scope"]))
    left |= {NAMES[identity]: None for identity in named_by(person.user, row)}
    if has_origin(person.user, row["actor_kind"], row["actor_id"], row["on_behalf_of_id"]):
        left |= dict.fromkeys(("actor_name", *OF_ACTOR))
    extras = anothers(row["extras"] or {}, person) or None
    left |= {"extras": extras, "additional": _payload(row["tag"], row["additional"], keys)}
    return left if any(row[name] != value for name, value in left.items()) else None


def given_up(changes: Sequence[tuple[Row, Change]]) -> dict[str, set[int]]:
    """Which rows of the dictionaries events do not point to any more, by table."""
    return {
        table: {row[column] for row, left in changes if row[column] and left.get(column, row[column]) is None}
        for column, table in DERIVATIONS.items()
    }


def named_by(user: str, row: Row) -> set[str]:
    """Which columns of an event name the user: an actor's id only where the actor is a user."""
    return {
        identity
        for identity in NAMES
        if row[identity] == user and (identity != "actor_id" or row["actor_kind"] == "user")
    }


def swept(row: Row, person: Person, keys: PersonalKeys) -> Change | None:
    """The same of an event that does not name the user."""
    person = person.within(row["scope"])
    extras = _extras(row["extras"], person)
    told = {"extras": extras} if extras != row["extras"] else {}
    return {**(_of_payload(row, person, keys) or {}), **_telling(row, person), **told} or None


def _telling(row: Row, person: Person) -> Change:
    """The names and labels that tell of the person, emptied."""
    return {name: None for name in TEXTS if row[name] is not None and person.is_in(row[name])}


def _extras(extras: Payload | None, person: Person) -> Payload | None:
    """What a producer said besides, without what tells of the person: a request of theirs, an address."""
    left = {
        key: value
        for key, value in (extras or {}).items()
        if not person.is_in(value) and not names_person({key: value}, person)
    }
    return left or None


def _of_payload(row: Row, person: Person, keys: PersonalKeys) -> Change | None:
    payload = row["additional"]
    if not payload:
        return None
    about_nobody = all(row[name] is None for name in ("user_id", *OTHER_SUBJECTS))
    left = swept_payload(row["tag"], payload, person, keys, about_nobody=about_nobody)
    return None if left == payload else {"additional": left}


def _payload(tag: str, payload: Payload | None, keys: PersonalKeys) -> Payload | None:
    """Without personal keys, and without those that the catalogue does not know any more."""
    declared, _ = keys.split(tag, payload)
    return keys.without(tag, declared)
