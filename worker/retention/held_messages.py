"""Which holds keep a message as it came."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from trailkeeper.models.tables import Hold

from .message import NAMED_BY, event_of, is_somebody_else, mapping, odd_of, subjects_of
from .naming import mentions, names


def holding(raw: bytes, holds: Iterable[Hold], *users: str) -> set[int]:
    """The holds, of those in force, that name what a message is about, or one of some users.

    What has not the shape of an event is held if the id is in it.
    """
    if not (holds := list(holds)):
        return set()
    event = mapping(event_of(raw))
    named = subjects_of(event)
    about = {"user": {*users, *(named[place] for place in NAMED_BY)}}
    about |= {each: {named[each]} for each in ("project", "organization")}
    is_named = _naming(raw, event)
    return {hold.id for hold in holds if hold.subject_id in about[hold.about] or is_named(hold.subject_id)}


def _naming(raw: bytes, event: dict[str, object]) -> Callable[[str], bool]:
    if not event:
        return partial(names, raw.decode("utf-8", "replace"))
    odd = odd_of(event)
    return lambda identity: mentions(
        odd, lambda text: names(text, identity), lambda value: is_somebody_else(value, identity)
    )
