"""An event as bytes that a worker will accept: encoded, and decoded again as the worker will do."""

from __future__ import annotations

import re
from datetime import datetime

from trailkeeper.producer.errors import InvalidEvent, InvalidMessage
from trailkeeper.producer.event import Event
from trailkeeper.producer.wire import check_address, check_times, encode, read

from .nested import JSON

PLACE = re.compile(r" - at `\$\.?(.*)`$")
FIELDS = {"bad_address": "ip", "bad_time": "occurred_at", "bad_id": "id"}
EXPECTED = {
    "ip": "an IP address",
    "occurred_at": "a time between 2000 and an hour from now",
    "id": "a UUIDv7 of the time of occurred_at",
    "actor.credential": "a trailkeeper.Credential",
    "actor.on_behalf_of": "a trailkeeper.Subject",
}
"""For fields where the decoder's message would not help the caller of `emit`."""


def encoded(event: Event, now: datetime | None) -> bytes:
    """The bytes of an event, which `wire.decode` will accept.

    What a client typed is no reason to refuse it: such text is replaced or cut, see `cleaned`.

    Args:
        event: its fields may be of any type; its payload is what `payload_of` returned.
        now: the current time, to check its id, time and address; None if they were just made or checked.

    Raises:
        InvalidEvent: no worker could store it; names the field.
    """
    try:
        payload = encode(event)
        read(payload)
    except (TypeError, ValueError, OverflowError, RecursionError):
        payload = _encoded(event)
    if now is None:
        return payload
    try:
        check_times(event, now)
        check_address(event.ip)
    except InvalidMessage as error:
        raise InvalidEvent(FIELDS[error.reason], error.detail, EXPECTED[FIELDS[error.reason]]) from error
    return payload


def _encoded(event: Event) -> bytes:
    """Once more: cleaned, and with an explanation if that did not help."""
    try:
        from .cleaning import cleaned  # noqa: PLC0415 - loaded only for an event that was refused as it is

        payload = encode(cleaned(event))
        read(payload)
    except InvalidMessage as error:
        raise _misshapen(error.detail) from error
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidEvent("event", f"it cannot be written as JSON ({error})", JSON) from error
    return payload


def _misshapen(detail: str) -> InvalidEvent:
    """From the decoder's message, such as ``Expected `str`, got `int` - at `$.user.id```."""
    place = PLACE.search(detail)
    field = place.group(1) if place else "event"
    message = PLACE.sub("", detail).replace("`", "")
    expected, _, actual = message.removeprefix("Expected ").partition(", got ")
    return InvalidEvent(field, actual or "not usable", EXPECTED.get(field, expected.replace("str", "text")))
