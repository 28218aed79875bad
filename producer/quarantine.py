"""The arguments of a wrong call to `emit`, kept as well as possible for the person who fixes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from .errors import InvalidEvent
from .event import VERSION
from .ids import uuid7
from .message import Message
from .mistakes import described
from .validation import actor_of, moment_of, subject_of
from .validation.nested import Walk

MAX_QUARANTINED = 256 * 1024
"""Bytes. A dead letter may be larger than an event, but a thousand must fit into a worker's memory."""

READ: dict[str, Callable[[Any], Any]] = {
    **{name: partial(subject_of, name) for name in ("user", "project", "organization")},
    "actor": actor_of,
}
"""What reads an argument as `emit` does, so that it is found by its id, and can be replayed."""


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
    fields = clean(_plain(facts))
    made = {"v": VERSION, "id": str(event_id), "occurred_at": moment.isoformat()}
    if moment is now and "occurred_at" in fields:
        made["occurred_at_given"] = fields["occurred_at"]
    return Message(event_id, tag, _bounded(fields | made), problem_of(error), "spooled")


def problem_of(error: InvalidEvent) -> bytes:
    """Field ``invalid`` of a message: why it is not an event."""
    return _json({"problem": described(error)})


class KeptWalk(Walk):
    """A way through values that keeps what it can of each, instead of refusing any."""

    def failed(self, path: str, error: Exception, value: Any) -> Any:  # noqa: ARG002 - it refuses nothing
        """The value's repr, cut, as an object: in no place is it taken for a text that was passed."""
        return {"repr": self.text(_repr(value))}

    def _of_other(self, path: str, item: Any, depth: int) -> Any:
        if isinstance(item, msgspec.Struct):
            fields = {name: getattr(item, name) for name in item.__struct_fields__}
            item = {name: value for name, value in fields.items() if value is not msgspec.UNSET}
        return super()._of_other(path, item, depth)

    def _key(self, path: str, key: Any) -> str:
        try:
            return super()._key(path, key)
        except Exception:  # noqa: BLE001 - an object of the application may raise anything
            return _repr(key)


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as JSON; what is no JSON as its repr."""
    walk = KeptWalk(MAX_QUARANTINED)
    given = {
        name: _as_emit_reads(name, value)
        for name, value in facts.items()
        if value is not None and value is not msgspec.UNSET
    }
    plain: dict[str, Any] = walk.container("event", given)
    walk.fill()
    return plain


def _as_emit_reads(name: str, value: Any) -> Any:
    read = READ.get(name)
    found = None if read is None else _or_none(lambda: read(value))
    return value if found is None else found


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
