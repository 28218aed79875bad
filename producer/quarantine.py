"""What was given in a wrong call to `emit`, kept as well as it can be for the person who mends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from .errors import InvalidEvent
from .event import VERSION
from .ids import uuid7
from .message import Message
from .validation import moment_of, subject_of

MAX_QUARANTINED = 256 * 1024
"""Bytes. A dead letter may be larger than an event, but a thousand of them must fit into a worker."""

MAX_DEPTH = 32
MAX_NUMBER = 1e308
SUBJECTS = {"user", "project", "organization"}
NOT_SAID = (None, msgspec.UNSET)


def quarantined(error: InvalidEvent, tag: str, given: Mapping[str, Any]) -> Message:
    """A message that the drain makes a dead letter: the event as far as it is one, and its fault.

    A fault outside the message, such as a tag that the catalogue did not know yet,
    can be mended and the dead letter replayed as it is.

    Args:
        error: the fault.
        tag: under which it is counted.
        given: the event's fields as given; what JSON has no word for is kept as its repr.
    """
    now = datetime.now(UTC)
    moment = _tried(lambda: moment_of(given["occurred_at"], now) if given.get("occurred_at") else now) or now
    event_id = given["id"] if isinstance(given.get("id"), UUID) else uuid7(moment)
    said = {name: _fact(name, value) for name, value in given.items() if value not in NOT_SAID}
    made = {"v": VERSION, "id": str(event_id), "occurred_at": moment.isoformat()}
    if moment is now and "occurred_at" in said:
        made["occurred_at_given"] = said["occurred_at"]
    return Message(event_id, tag, _bounded(said | made), _json({"problem": str(error)}), "spooled")


def _fact(name: str, value: Any) -> Any:
    subject = _tried(lambda: subject_of(name, value)) if name in SUBJECTS else None
    return _plain(subject or value, ())


def _plain(value: Any, within: tuple[int, ...]) -> Any:
    """A value as JSON, its repr where there is none, where it holds itself, and where it is too deep."""
    if (
        value is None
        or isinstance(value, (bool, str))
        or (isinstance(value, (int, float)) and _is_short(value))
    ):
        return value
    if id(value) in within or len(within) == MAX_DEPTH:
        return _repr(value)
    inner = (*within, id(value))
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name), inner) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else _repr(key): _plain(item, inner) for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item, inner) for item in value]
    return _repr(value)


def _is_short(number: float) -> bool:
    """Whether a number is finite, and not an integer of thousands of digits, which Python will not write."""
    return abs(number) < MAX_NUMBER


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - an object of the application may raise anything
        return f"<{type(value).__name__}, whose repr raised {error!r}>"


def _bounded(facts: dict[str, Any]) -> bytes:
    payload = _json(facts)
    if len(payload) <= MAX_QUARANTINED:
        return payload
    return _json({"id": facts["id"], "cut": payload[: MAX_QUARANTINED // 2].decode()})


def _json(value: object) -> bytes:
    """In ASCII, which can hold the halves of surrogate pairs as well."""
    return json.dumps(value, separators=(",", ":")).encode()


def _tried(convert: Callable[[], Any]) -> Any:
    try:
        return convert()
    except InvalidEvent:
        return None
