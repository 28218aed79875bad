"""A message as it came, taken apart as far as it is an event: JSON of any shape, or no JSON at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, get_args

import msgspec

from trailkeeper.models.tables import Hold
from trailkeeper.producer.event import ActorKind

Message: TypeAlias = dict[str, Any]

QUARANTINED = re.compile(rb"e=(\{.*\})\ninvalid=(.*)", re.DOTALL)
"""A dead letter of two fields: what was given to emit(), and what was wrong with it."""

ERASED = b""
"""What is left of a message that cannot be taken apart."""

PLAIN = ("v", "id", "tag", "occurred_at", "ip", "user_agent", "request_id", "producer", "seq")
SUBJECTS = ("user", "project", "organization")
OTHER_KINDS = tuple(kind for kind in get_args(ActorKind) if kind != "user")
"""Of actors that are no user, though one may have the same id. Without a kind, the user may be meant."""
_SCALARS = (str, int, float, type(None))
_ODD: Any = object()


def changed(raw: bytes, change: Callable[[Message], Message], opaque: Callable[[bytes], bytes]) -> bytes:
    """A message with the event in it changed; where there is none, with all of it changed by *opaque*.

    What was wrong with a quarantined message may repeat what was in it, and is changed by *opaque* too.
    """
    if quarantined := QUARANTINED.match(raw):
        event = changed(quarantined[1], change, opaque)
        problem = quarantined[2].rstrip(b"\n")
        told = opaque(problem) if event == quarantined[1] else TOLD
        return raw if (event, told) == (quarantined[1], problem) else b"e=%b\ninvalid=%b\n" % (event, told)
    event_of = mapping(raw)
    if not event_of:
        return opaque(raw)
    left = change(event_of)
    if left == event_of:
        return raw
    return msgspec.json.encode(left) if left else ERASED


TOLD = b'{"problem":"erased"}'


def mapping(raw: bytes) -> Message:
    """A message as a JSON object; empty if it is none."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def subjects(raw: bytes) -> dict[str, str | None]:
    """The ids of users, project and organization that a message names, by place, as far as it is readable."""
    quarantined = QUARANTINED.match(raw)
    return subjects_of(mapping(quarantined[1] if quarantined else raw))


def subjects_of(event: Message) -> dict[str, str | None]:
    """Likewise."""
    actor = part(event, "actor")
    return {
        "user": id_of(event.get("user")),
        "actor": None if actor.get("kind") in OTHER_KINDS else id_of(actor),
        "on_behalf_of": id_of(actor.get("on_behalf_of")),
        "project": id_of(event.get("project")),
        "organization": id_of(event.get("organization")),
    }


def rebuilt(event: Message) -> Message:
    """Only what an event of this version has, where it has the shape that it has there."""
    left = {name: event[name] for name in PLAIN if name in event and isinstance(event[name], _SCALARS)}
    left |= _of(event, dict.fromkeys(SUBJECTS, _subject) | {"actor": _actor})
    if isinstance(event.get("additional"), dict):
        left["additional"] = event["additional"]
    voids = event.get("voids")
    if isinstance(voids, list) and all(type(number) is int for number in voids):
        left["voids"] = voids
    return {name: left[name] for name in event if name in left}


def part(parent: Mapping[str, Any], key: str) -> Message:
    """An object within another one; empty if it is none."""
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def id_of(subject: Any) -> str | None:
    """As text; a message whose ids are numbers is a dead letter for that very reason."""
    identity = subject.get("id") if isinstance(subject, dict) else subject
    return str(identity) if isinstance(identity, str | int) and not isinstance(identity, bool) else None


def nameless(subject: Any) -> Any:
    """A subject or actor without its name."""
    return {**subject, "name": None} if isinstance(subject, dict) and "name" in subject else subject


def holding(raw: bytes, holds: Iterable[Hold], *users: str) -> set[int]:
    """The holds, of those in force, that name what a message is about, or one of some users."""
    named = subjects(raw)
    of_users = {*users, named["user"], named["actor"], named["on_behalf_of"]}
    about = {"user": of_users, "project": {named["project"]}, "organization": {named["organization"]}}
    return {hold.id for hold in holds if hold.subject_id in about[hold.about]}


def _subject(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: item for key, item in value.items() if key in {"id", "name"} and isinstance(item, _SCALARS)
        }
    return value if isinstance(value, _SCALARS) else _ODD


def _actor(value: Any) -> Any:
    if not isinstance(value, dict):
        return None if value is None else _ODD
    plain = {key: item for key, item in value.items() if key in {"kind", "id", "name"}}
    plain = {key: item for key, item in plain.items() if isinstance(item, _SCALARS)}
    return plain | _of(value, {"credential": _credential, "on_behalf_of": _subject})


def _credential(value: Any) -> Any:
    if not isinstance(value, dict):
        return None if value is None else _ODD
    known = {key: value[key] for key in ("kind", "id", "label") if key in value}
    return {key: item for key, item in known.items() if isinstance(item, _SCALARS)}


def _of(parent: Message, shapes: Mapping[str, Callable[[Any], Any]]) -> Message:
    found = {key: shape(parent[key]) for key, shape in shapes.items() if key in parent}
    return {key: value for key, value in found.items() if value is not _ODD}
