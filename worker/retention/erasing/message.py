"""A user's personal data in a message as it came: JSON of any shape, or no JSON at all."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from trailkeeper.producer.catalogue import Catalogue

NAMED_BY = ("user", "actor", "on_behalf_of")
KNOWN = {
    *("v", "id", "tag", "occurred_at", "user", "project", "organization", "actor", "ip", "user_agent"),
    *("request_id", "additional", "producer", "seq", "voids"),
}
QUARANTINED = re.compile(rb"e=(\{.*\})\ninvalid=.*", re.DOTALL)
"""A dead letter of two fields: what was given to emit(), and what was wrong with it."""
TOLD = b'{"problem":"erased"}'
ERASED = b""
"""What is left of a message that cannot be taken apart."""


def written(user_id: str) -> tuple[bytes, bytes]:
    """How a user's id stands in a message: as it is, or with JSON's escapes."""
    return user_id.encode(), json.dumps(user_id)[1:-1].encode()


def mentions(content: bytes, user_id: str) -> bool:
    """Whether the id is somewhere in it at all; a quick look before a long one."""
    return any(way in content for way in written(user_id))


def subjects(raw: bytes) -> dict[str, str | None]:
    """The ids that a message names, by place, as far as it can be read."""
    quarantined = QUARANTINED.match(raw)
    event = _mapping(quarantined[1] if quarantined else raw)
    actor = _object(event, "actor")
    return {
        "user": _id(event.get("user")),
        "actor": _id(actor),
        "on_behalf_of": _id(actor.get("on_behalf_of")),
        "project": _id(event.get("project")),
        "organization": _id(event.get("organization")),
    }


def without(raw: bytes, user_id: str, catalogue: Catalogue) -> bytes | None:
    """A message without a user's personal data; None where it holds none that we can find.

    Of a quarantined message only the event is left. One that is no JSON object and
    has the id in it as a word cannot be taken apart, and is emptied.
    """
    if quarantined := QUARANTINED.match(raw):
        left = without(quarantined[1], user_id, catalogue)
        return None if left is None or left == quarantined[1] else b"e=%b\ninvalid=%b\n" % (left, TOLD)
    event = _mapping(raw)
    if not event:
        return ERASED if _is_word(raw, user_id) else None
    named = {place for place, identity in subjects(raw).items() if identity == user_id and place in NAMED_BY}
    if not named:
        return None
    left = msgspec.json.encode(_redacted(event, named, catalogue))
    return None if msgspec.json.decode(left) == event else left


def _redacted(event: dict[str, Any], named: set[str], catalogue: Catalogue) -> dict[str, Any]:
    left = {key: value for key, value in event.items() if key in KNOWN}
    actor = _object(left, "actor")
    if "user" in named:
        left["user"] = _unnamed(left["user"])
    if "actor" in named:
        actor = _unnamed(actor)
    if "on_behalf_of" in named:
        actor = {**actor, "on_behalf_of": _unnamed(actor["on_behalf_of"])}
    if named & {"actor", "on_behalf_of"} or _id(actor) is None:
        left |= {key: None for key in ("ip", "user_agent") if key in left}
        actor = _without_label(actor)
    if isinstance(left.get("actor"), dict):
        left["actor"] = actor
    return _without_keys(left, catalogue)


def _without_keys(left: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """Without personal payload keys; of an unknown event type, without any payload."""
    payload, tag = left.get("additional"), left.get("tag")
    kind = catalogue.get(tag) if isinstance(tag, str) else None
    if "additional" not in left:
        return left
    if kind is None or not isinstance(payload, dict):
        return {**left, "additional": {}}
    kept = {key: value for key, value in payload.items() if key in kind.payload and key not in kind.personal}
    return {**left, "additional": kept}


def _without_label(actor: dict[str, Any]) -> dict[str, Any]:
    credential = actor.get("credential")
    if not isinstance(credential, dict) or "label" not in credential:
        return actor
    return {**actor, "credential": {**credential, "label": None}}


def _unnamed(subject: Any) -> Any:
    return {**subject, "name": None} if isinstance(subject, dict) and "name" in subject else subject


def _mapping(raw: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _object(parent: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _id(subject: Any) -> str | None:
    """As text; a message whose ids are numbers is a dead letter for that very reason."""
    identity = subject.get("id") if isinstance(subject, dict) else subject
    return str(identity) if isinstance(identity, str | int) and not isinstance(identity, bool) else None


def _is_word(raw: bytes, user_id: str) -> bool:
    return re.search(rb"(?<![\w-])" + re.escape(user_id.encode()) + rb"(?![\w-])", raw) is not None
