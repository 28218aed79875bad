"""Whose is what an event has besides payload and names: the same for stored events and for messages."""

from __future__ import annotations

from typing import Any

from trailkeeper.worker.retention.message import OTHER_KINDS, is_somebody_else, nameless
from trailkeeper.worker.retention.naming import mentions, names
from trailkeeper.worker.retention.personal import Payload

from .person import Person

PERSONS = ("user", "staff")
"""The kinds of actors that are persons. A user is erased, not staff, who have ids of their own."""


def has_origin(user: str, kind: Any, actor: str | None, principal: str | None) -> bool:
    """Whether origin, credential and the actor's name are the user's, in an event that names the user.

    They are the actor's, or those of the person for whom a service acts, as `views.origins` shows them;
    where no other person is known to have acted, they may be the user's.

    Args:
        user: who is erased.
        kind: of the actor.
        actor: the actor's id.
        principal: on whose behalf.
    """
    if actor == user and kind not in OTHER_KINDS:
        return True
    if kind in PERSONS and actor is not None:
        return False
    return principal is None or principal == user


def anothers(fields: Payload, person: Person) -> Payload:
    """Fields that no column has and that say whose they are, of others; without names of what is no person.

    Of any other field nobody can tell whether it is the person's.
    """
    return {
        key: value if value["kind"] in PERSONS else nameless(value)
        for key, value in fields.items()
        if is_anothers(value, person)
    }


def is_anothers(value: Any, person: Person) -> bool:
    """Whether a value is somebody else by kind and id, and has nothing of the person."""
    return is_somebody_else(value, person.user) and not person.is_in(value)


def names_person(value: Any, person: Person, key: str = "") -> bool:
    """Whether something that is no part of an event has the id in it, not said to be of another kind."""
    return value is not None and mentions(
        value, lambda text: names(text, person.user), lambda item: is_anothers(item, person), key
    )
