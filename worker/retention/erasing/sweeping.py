"""What others said, without what tells of the person: the same for stored events and for messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trailkeeper.worker.retention.personal import GONE, Payload, PersonalKeys

from .person import Person

FILTERS = "filters"
ASKED_BY = ("actor", "user", "text")
"""Filters in which somebody may be looked for by the id."""


def swept(
    tag: str, payload: Payload, person: Person, keys: PersonalKeys, *, about_nobody: bool
) -> Payload | None:
    """A payload of an event that does not name the user, without what tells of the person.

    Args:
        tag: one that the catalogue knows.
        payload: not empty.
        person: who is erased.
        keys: of the catalogue.
        about_nobody: whether the event is about no user, project or organization. Only then a name
            counts, and only in what was looked for: elsewhere it may be a word, or another's.
    """
    if _asks_about(payload, person):
        return keys.without(tag, payload)
    left = keys.changed(tag, payload, lambda value: without(value, person.is_in))
    if not (about_nobody and left and FILTERS in left):
        return left
    sought = {FILTERS: left.pop(FILTERS)}
    return {
        **left,
        **(keys.changed(tag, sought, lambda value: without(value, person.is_sought_by)) or {}),
    } or None


def without(value: Any, tells: Callable[[Any], bool]) -> Any:
    """A personal value, gone if it tells of the person; a list without the items that do."""
    if isinstance(value, list):
        return [item for item in value if not tells(item)]
    return GONE if tells(value) else value


def _asks_about(payload: Payload, person: Person) -> bool:
    """Whether somebody looked for the user by the id, in whosever history."""
    filters = payload.get(FILTERS)
    if not isinstance(filters, dict):
        return False
    whose = payload.get("id") if payload.get("about") in {"user", "actor"} else None
    return person.user in (whose, *(filters.get(name) for name in ASKED_BY))
