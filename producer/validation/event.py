"""An event as bytes that a worker will accept: encoded, and decoded again as the worker will do."""

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
    "actor.credential": "a trailkeeper.Credential",
    "actor.on_behalf_of": "a trailkeeper.Subject",
}
"""For fields where the decoder's message would not help the caller of `emit`."""


def encoded(event: Event, kind: EventType, now: datetime | None) -> bytes:
    """The bytes of an event, which `wire.decode` will accept.

    Args:
        event: its fields may be of any type.
        kind: its event type.
        now: the current time, to check its id and time against; None if they were made just now.

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
    """From the decoder's message, such as ``Expected `str`, got `int` - at `$.user.id```."""
    place = PLACE.search(detail)
    field = place.group(1) if place else "event"
    message = PLACE.sub("", detail).replace("`", "")
    expected, _, actual = message.removeprefix("Expected ").partition(", got ")
    return InvalidEvent(field, actual or "not usable", EXPECTED.get(field, expected.replace("str", "text")))


def _holder(event: Event, is_invalid: Callable[[str], object]) -> str:
    """The path of the first invalid text."""
    return next(_paths(msgspec.to_builtins(event), "", is_invalid), "event")


def _paths(value: Any, path: str, is_invalid: Callable[[str], object]) -> Any:
    if isinstance(value, str):
        if is_invalid(value):
            yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, f"{path}.{key}".lstrip("."), is_invalid)
            yield from _paths(key, f"a key of {path}", is_invalid)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _paths(item, f"{path}[{index}]", is_invalid)
