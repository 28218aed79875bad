"""A message as it came, taken apart as far as it is an event: JSON of any shape, or no JSON at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias, get_args

import msgspec

from trailkeeper.producer import validation
from trailkeeper.producer.event import ActorKind

Message: TypeAlias = dict[str, Any]

QUARANTINED = re.compile(rb"e=(\{.*\})\ninvalid=(.*)", re.DOTALL)
"""A dead letter of two fields: what was given to emit(), and what was wrong with it."""

ERASED = b""
"""What is left of a message that cannot be taken apart."""

PLAIN = ("v", "id", "tag", "occurred_at", "ip", "user_agent", "request_id", "producer", "seq")
SUBJECTS = ("user", "project", "organization")
NAMED_BY = ("user", "actor", "on_behalf_of")
"""Places of `subjects_of` where a message names users."""
REQUESTER = {"kind", "id", "name"}
"""The keys of `requested_by`."""
OTHER_KINDS = tuple(kind for kind in get_args(ActorKind) if kind != "user")
"""Of actors that are no user, though one may have the same id. Without a kind, the user may be meant."""
_SCALARS = (str, int, float, type(None))
IDS = ("tag", "request_id", "producer")
"""Of `PLAIN`, which are words."""
_BRACKET = re.compile(r"[<>(){}\[\]]")
_ODD: Any = object()


def changed(raw: bytes, change: Callable[[Message], Message], opaque: Callable[[bytes], bytes]) -> bytes:
    """A message with the event in it changed; where there is none, with all of it changed by *opaque*.

    What was wrong with a quarantined message may repeat what was in it, and is changed by *opaque* too.
    """
    if quarantined := QUARANTINED.match(raw):
        event = changed(quarantined[1], change, opaque)
        problem = quarantined[2].rstrip(b"\n")
        told = TOLD if event != quarantined[1] else opaque(problem) or TOLD
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


def event_of(raw: bytes) -> bytes:
    """The event of a message as it came; of one in quarantine, without what is wrong with it."""
    quarantined = QUARANTINED.match(raw)
    return quarantined[1] if quarantined else raw


def subjects_of(event: Message) -> dict[str, str | None]:
    """The ids of users, project and organization that a message names, by place, as far as it is readable."""
    actor = part(event, "actor")
    return {
        "user": id_of(event.get("user")),
        "actor": None if actor.get("kind") in OTHER_KINDS else id_of(actor),
        "on_behalf_of": id_of(actor.get("on_behalf_of")),
        "project": id_of(event.get("project")),
        "organization": id_of(event.get("organization")),
    }


def is_of_an_object(text: str) -> bool:
    """Whether a text may be what Python writes of an object: a wrong call is kept with such texts."""
    return _BRACKET.search(text) is not None


def is_id(value: Any) -> bool:
    """Whether a value may be an id, and no object or text of one. Some ids have blanks or brackets, too."""
    if isinstance(value, str):
        return not is_of_an_object(value) and not any(map(str.isspace, value))
    return isinstance(value, _SCALARS)


def rebuilt(event: Message, is_id: Callable[[Any], bool] = is_id) -> Message:
    """Only what an event of this version has, where it has the shape that it has there.

    Args:
        event: a message.
        is_id: tells of a text or number in the place of an id whether it may be one.
    """
    left = {name: event[name] for name in PLAIN if name in event and isinstance(event[name], _SCALARS)}
    left = {name: value for name, value in left.items() if name not in IDS or is_id(value)}
    subject, actor = partial(_subject, is_id=is_id), partial(_actor, is_id=is_id)
    left |= _of(event, dict.fromkeys(SUBJECTS, subject) | {"actor": actor})
    if isinstance(event.get("additional"), dict):
        left["additional"] = event["additional"]
    voids = event.get("voids")
    if isinstance(voids, list) and all(type(number) is int for number in voids):
        left["voids"] = voids
    return {name: left[name] for name in event if name in left}


def odd_of(event: Message) -> Message:
    """The fields that no event of this version has, or not in that shape."""
    known = rebuilt(event)
    return {name: value for name, value in event.items() if name not in known or known[name] != value}


def is_somebody_else(value: Any, user: str) -> bool:
    """Whether a value is another person, service or the like, by kind and id, as `requested_by` is."""
    if not isinstance(value, dict) or not value.keys() <= REQUESTER:
        return False
    kind, identity = value.get("kind"), id_of(value)
    if identity is not None and is_of_an_object(identity):
        return False
    return kind in OTHER_KINDS or (kind == "user" and identity not in (None, user))


def part(parent: Mapping[str, Any], key: str) -> Message:
    """An object within another one; empty if it is none."""
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def id_of(subject: Any) -> str | None:
    """As it is stored: a wrong call is kept with ids that are numbers, or too long."""
    identity = subject.get("id") if isinstance(subject, dict) else subject
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        return None
    return validation.id_of("id", identity)


def nameless(subject: Any) -> Any:
    """A subject or actor without its name."""
    return {**subject, "name": None} if isinstance(subject, dict) and "name" in subject else subject


def _subject(value: Any, is_id: Callable[[Any], bool]) -> Any:
    if isinstance(value, dict):
        return _fields(value, ("id", "name"), is_id)
    return value if isinstance(value, _SCALARS) and is_id(value) else _ODD


def _actor(value: Any, is_id: Callable[[Any], bool]) -> Any:
    if not isinstance(value, dict):
        return None if value is None else _ODD
    shapes = {"credential": _credential, "on_behalf_of": _subject}
    within = _of(value, {key: partial(shape, is_id=is_id) for key, shape in shapes.items()})
    return _fields(value, ("kind", "id", "name"), is_id) | within


def _credential(value: Any, is_id: Callable[[Any], bool]) -> Any:
    if not isinstance(value, dict):
        return None if value is None else _ODD
    return _fields(value, ("kind", "id", "label"), is_id)


def _fields(value: Message, names: tuple[str, ...], is_id: Callable[[Any], bool]) -> Message:
    found = {key: item for key, item in value.items() if key in names and isinstance(item, _SCALARS)}
    return {key: item for key, item in found.items() if key != "id" or is_id(item)}


def _of(parent: Message, shapes: Mapping[str, Callable[[Any], Any]]) -> Message:
    found = {key: shape(parent[key]) for key, shape in shapes.items() if key in parent}
    return {key: value for key, value in found.items() if value is not _ODD}
