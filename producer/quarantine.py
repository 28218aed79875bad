"""The arguments of a wrong call to `emit`, kept as well as possible for the person who fixes it."""

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
from .mistakes import described
from .validation import moment_of, subject_of

MAX_QUARANTINED = 256 * 1024
"""Bytes. A dead letter may be larger than an event, but a thousand must fit into a worker's memory."""

MAX_DEPTH = 32
MAX_NUMBER = 1e308
PLAIN = frozenset({str, bool, type(None)})
SUBJECTS = {"user", "project", "organization"}


def quarantined(
    error: InvalidEvent, tag: str, facts: Mapping[str, Any], clean: Callable[[dict[str, Any]], dict[str, Any]]
) -> Message:
    """A message that the drain turns into a dead letter: the event as far as it is one, and the error.

    If the error is outside the message, such as a tag that is missing from the catalogue,
    the dead letter can be replayed unchanged once that is fixed.

    Args:
        error: what is wrong.
        tag: as it is counted.
        facts: the event's fields as the caller passed them; what is not JSON is kept as its repr.
        clean: takes the secrets out of them.
    """
    now = datetime.now(UTC)
    given = facts.get("occurred_at")
    moment = (None if given is None else _or_none(lambda: moment_of(given, now))) or now
    event_id = facts["id"] if type(facts.get("id")) is UUID else uuid7(moment)
    given_fields = {
        name: _field(name, value)
        for name, value in facts.items()
        if value is not None and value is not msgspec.UNSET
    }
    fields = clean(given_fields)
    made = {"v": VERSION, "id": str(event_id), "occurred_at": moment.isoformat()}
    if moment is now and "occurred_at" in fields:
        made["occurred_at_given"] = fields["occurred_at"]
    return Message(event_id, tag, _bounded(fields | made), problem_of(error), "spooled")


def problem_of(error: InvalidEvent) -> bytes:
    """Field ``invalid`` of a message: why it is not an event."""
    return _json({"problem": described(error)})


def _field(name: str, value: Any) -> Any:
    subject = _or_none(lambda: subject_of(name, value)) if name in SUBJECTS else None
    return _plain(value if subject is None else subject, ())


def _plain(value: Any, within: tuple[int, ...]) -> Any:
    """A value as JSON; its repr if it is not JSON, contains itself or is nested too deeply."""
    try:
        return _json_of(value, within)
    except Exception:  # noqa: BLE001 - an object of the application may raise anything
        return _repr(value)


def _json_of(value: Any, within: tuple[int, ...]) -> Any:  # noqa: PLR0911 - one a kind of value
    if type(value) in PLAIN:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (int, float)) and _is_short(value):
        return int(value) if isinstance(value, int) else float(value)
    if id(value) in within or len(within) == MAX_DEPTH:
        return _repr(value)
    inner = (*within, id(value))
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name), inner) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key if type(key) is str else _repr(key): _plain(item, inner) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, inner) for item in value]
    return _repr(value)


def _is_short(number: float) -> bool:
    """Whether a number is finite, and not an integer with thousands of digits, which Python cannot print."""
    return abs(number) < MAX_NUMBER


def _repr(value: object) -> str:
    try:
        return str.__str__(repr(value))
    except Exception as error:  # noqa: BLE001 - as above
        return f"<{type(value).__name__}, whose repr raised {type(error).__name__}>"


def _bounded(facts: dict[str, Any]) -> bytes:
    payload = _json(facts)
    if len(payload) <= MAX_QUARANTINED:
        return payload
    return _json({"id": facts["id"], "cut": payload[: MAX_QUARANTINED // 2].decode()})


def _json(value: object) -> bytes:
    """In ASCII, with escapes, which can also hold half of a surrogate pair."""
    return json.dumps(value, separators=(",", ":")).encode()


def _or_none(convert: Callable[[], Any]) -> Any:
    try:
        return convert()
    except Exception:  # noqa: BLE001 - as above; the mistake itself is reported already
        return None
