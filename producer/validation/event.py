"""An event as bytes that a worker will take: encoded, and read back as the worker will read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

import msgspec

from trailkeeper.producer.catalogue import EventType
from trailkeeper.producer.errors import InvalidEvent, InvalidMessage
from trailkeeper.producer.event import MAX_BYTES, ActorKind, Event
from trailkeeper.producer.wire import check_address, check_times, encode, read

from .additional import JSON, check_additional

PLACE = re.compile(r" - at `\$\.?(.*)`$")
SURROGATE = re.compile("[\ud800-\udfff]")
FIELDS = {"bad_address": "ip", "bad_time": "occurred_at", "bad_id": "id"}
EXPECTED = {
    "ip": "an IP address",
    "occurred_at": "a time between 2000 and an hour from now",
    "id": "a UUIDv7 of the time of occurred_at",
    "actor.kind": f"one of {', '.join(get_args(ActorKind))}",
    "actor.credential": "a producer.Credential",
    "actor.on_behalf_of": "a producer.Subject",
}
"""Where the words of the decoder would not help the caller of `emit`."""


def encoded(event: Event, kind: EventType, now: datetime | None) -> bytes:
    """The bytes of an event, which `wire.decode` takes.

    Args:
        event: with facts that may be of any type.
        kind: its event type.
        now: the time, to hold its id and time against; None where they were made a moment ago.

    Raises:
        InvalidEvent: no worker could store it; names the field.
    """
    check_additional(event.additional, kind)
    try:
        payload = encode(event)
    except UnicodeEncodeError as error:
        raise InvalidEvent(
            _holder(event, SURROGATE.search), "half of a surrogate pair", "whole characters"
        ) from error
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidEvent("event", f"it cannot be written as JSON ({error})", JSON) from error
    try:
        read(payload)
        if now is not None:
            check_times(event, now)
        check_address(event.ip)
    except InvalidMessage as error:
        raise _explained(error, event) from error
    return payload


def _explained(error: InvalidMessage, event: Event) -> InvalidEvent:
    if error.reason == "too_large":
        return InvalidEvent("event", error.detail, f"at most {MAX_BYTES:,} bytes as JSON")
    if error.reason == "bad_text":
        return InvalidEvent(
            _holder(event, lambda text: "\0" in text), "the character U+0000", "text without it"
        )
    if error.reason in FIELDS:
        return InvalidEvent(FIELDS[error.reason], error.detail, EXPECTED[FIELDS[error.reason]])
    return _misshapen(error.detail)


def _misshapen(detail: str) -> InvalidEvent:
    """From what the decoder says, such as ``Expected `str`, got `int` - at `$.user.id```."""
    place = PLACE.search(detail)
    field = place.group(1) if place else "event"
    said = PLACE.sub("", detail).replace("`", "")
    wanted, _, got = said.removeprefix("Expected ").partition(", got ")
    return InvalidEvent(field, got or "not usable", EXPECTED.get(field, wanted.replace("str", "text")))


def _holder(event: Event, is_bad: Callable[[str], object]) -> str:
    """The path of the first text that is bad."""
    return next(_paths(msgspec.to_builtins(event), "", is_bad), "event")


def _paths(value: Any, path: str, is_bad: Callable[[str], object]) -> Any:
    if isinstance(value, str):
        if is_bad(value):
            yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, f"{path}.{key}".lstrip("."), is_bad)
            yield from _paths(key, f"a key of {path}", is_bad)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _paths(item, f"{path}[{index}]", is_bad)
