"""What a client typed, made to fit: text that no table can hold is replaced, and what is too long is cut.

Called only for an event that was refused as it was, so that the others do not pay for it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

from msgspec.structs import replace

from trailkeeper.producer.deceptive import REPLACEMENT
from trailkeeper.producer.event import MAX_BYTES, NUMBER_ROOM, Actor, Credential, Event, Subject
from trailkeeper.producer.wire import encode

from .arguments import id_of
from .text import CUT, SHORTEST, cut, free_name

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL and halves of a surrogate pair, which neither UTF-8 nor Postgres can hold."""

MAX_NAME = 255
MAX_SIZE = MAX_BYTES - NUMBER_ROOM
SIZES = [int(MAX_BYTES * 0.985**step) for step in range(460)]
"""From the largest to `SHORTEST`, in steps small enough to keep nearly all that fits."""


def cleaned(event: Event) -> Event:
    """The event with unstorable characters replaced, long names and ids cut, and, if need be, its payload."""
    event = replace(
        event,
        user=_subject(event.user),
        project=_subject(event.project),
        organization=_subject(event.organization),
        actor=_actor(event.actor),
        user_agent=without_unstorable(event.user_agent),
        request_id=without_unstorable(event.request_id),
        additional=stored_payload(event.additional),
    )
    return event if _fits(event) else _cut(event)


def _subject(subject: Any) -> Any:
    return Subject(stored_id(subject.id), stored_name(subject.name)) if type(subject) is Subject else subject


def _actor(actor: Any) -> Any:
    if type(actor) is not Actor:
        return actor
    credential = actor.credential
    if type(credential) is Credential:
        credential = replace(
            credential,
            kind=stored_id(credential.kind),
            id=stored_id(credential.id),
            label=stored_name(credential.label),
        )
    return Actor(
        actor.kind, stored_id(actor.id), stored_name(actor.name), credential, _subject(actor.on_behalf_of)
    )


def stored_id(value: Any) -> Any:
    """An id as it can be stored; what is neither text nor a whole number stays."""
    return id_of("id", without_unstorable(value)) if type(value) is str or type(value) is int else value


def stored_name(value: Any) -> Any:
    """A name as it can be stored; what is no text stays."""
    return _shortened(without_unstorable(value), MAX_NAME)


def stored_payload(payload: Any) -> Any:
    """A payload without characters that cannot be stored."""
    return _mapped(payload, without_unstorable, MAX_BYTES)


def without_unstorable(value: Any) -> Any:
    """A text without characters that cannot be stored."""
    return UNSTORABLE.sub(REPLACEMENT, value) if type(value) is str else value


def _shortened(value: Any, limit: int) -> Any:
    return cut(value, limit) if type(value) is str else value


def _mapped(value: Any, change: Callable[[Any], Any], most: int) -> Any:
    """A JSON value with each text in it changed, keys too, and at most *most* items in each list or dict."""
    if type(value) is dict:
        made: dict[Any, Any] = {}
        for key, item in islice(value.items(), most):
            made[free_name(change(key), made)] = _mapped(item, change, most)
        return made if len(value) <= most else made | {free_name(CUT, made): len(value) - most}
    if type(value) is list or type(value) is tuple:
        made_items = [_mapped(item, change, most) for item in value[:most]]
        return made_items if len(value) <= most else [*made_items, CUT]
    return change(value)


def _fits(event: Event) -> bool:
    return len(encode(event)) <= MAX_SIZE


def _cut(event: Event) -> Event:
    others = len(encode(replace(event, additional={})))
    return replace(event, additional=fitted(event.additional, MAX_SIZE - others))


def fitted(payload: dict[str, Any], room: int) -> dict[str, Any]:
    """A payload of at most *room* bytes as JSON, if that can be.

    The largest texts are cut, as little as possible; then, if that is not enough, the longest lists.
    """
    for shorter in (partial(_limited, payload, most=MAX_BYTES), partial(_limited, payload, SHORTEST)):
        if _fits_at(shorter, SIZES[-1], room):
            # the largest size that fits: bisection needs an order in which what fits comes last
            return shorter(SIZES[bisect_left(SIZES, x=True, key=partial(_fits_at, shorter, room=room))])
    return dict.fromkeys(payload, CUT)


def _fits_at(payload_of: Callable[[int], dict[str, Any]], size: int, room: int) -> bool:
    return len(encode(payload_of(size))) <= room


def _limited(payload: dict[str, Any], characters: int, most: int) -> dict[str, Any]:
    change = partial(_shortened, limit=characters)
    return {key: _mapped(value, change, most) for key, value in payload.items()}
