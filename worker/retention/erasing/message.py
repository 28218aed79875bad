"""One person's data in a message as it came, whatever its shape."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from trailkeeper.worker.retention.emails import plain
from trailkeeper.worker.retention.message import (
    ERASED,
    SUBJECTS,
    Message,
    changed,
    id_of,
    mapping,
    nameless,
    part,
    rebuilt,
    subjects_of,
)
from trailkeeper.worker.retention.personal import PersonalKeys
from trailkeeper.worker.retention.readings import readings

from .owning import anothers, has_origin, is_anothers
from .person import LASTING, Person
from .sweeping import swept

NAMED_BY = ("user", "actor", "on_behalf_of")
ID_KEY = re.compile(
    r"(?:^|_|[a-z](?=[A-Z]))(?:ids?|users?|user_?names?|actor|account|owner|member|uid|pk)$", re.IGNORECASE
)
"""Names of keys whose values are ids."""


def without(raw: bytes, person: Person, keys: PersonalKeys) -> bytes | None:
    """A message without a person's data; None where it holds none that we can find.

    One that is no JSON object, and has the id in it as a word or the person's email address, cannot be
    taken apart, and is emptied.
    """
    left = changed(
        raw,
        lambda event: _left(event, person, keys),
        lambda opaque: ERASED if _tells(opaque, person) else opaque,
    )
    if left == raw and (event := mapping(raw)):
        # a key that is there twice hides what stands in the first
        again = msgspec.json.encode(event)
        left = again if _tells(raw, person) and not _tells(again, person) else raw
    return None if left == raw else left


def may_tell(content: bytes, person: Person) -> bool:
    """A quick look at many messages: whether a long one is worth it."""
    if person.user.encode() in content or b"\\" in content:
        return True
    lowered = plain(content.decode("utf-8", "replace"))
    return any(word in lowered for words in (person.names, person.emails, person.addresses) for word in words)


def _left(event: Message, person: Person, keys: PersonalKeys) -> Message:
    named = {
        place
        for place, identity in subjects_of(event).items()
        if identity == person.user and place in NAMED_BY
    }
    known = rebuilt(event)
    unknown = {name: value for name, value in event.items() if name not in known}
    odd = unknown | {name: event[name] for name in known if known[name] != event[name]}
    if named:
        return _payload_erased(_unnamed(known, named, person.user), keys) | anothers(unknown, person)
    person = person.within(_scope(event, keys))
    if _mentions(odd, "", person):
        event = known | {name: value for name, value in unknown.items() if is_anothers(value, person)}
    return _of_another(event, person, keys)


def _scope(event: Message, keys: PersonalKeys) -> str | None:
    """The scope of the event that a message is, or may become once its type is known."""
    named = (scope for scope in LASTING if id_of(event.get(scope)) is not None)
    return keys.scope(str(event.get("tag"))) or next(named, None)


def _unnamed(left: Message, named: set[str], user: str) -> Message:
    actor = part(left, "actor")
    if "user" in named:
        left["user"] = nameless(left["user"])
    if "actor" in named:
        actor = nameless(actor)
    if "on_behalf_of" in named:
        actor = {**actor, "on_behalf_of": nameless(actor["on_behalf_of"])}
    if has_origin(user, actor.get("kind"), id_of(actor), id_of(actor.get("on_behalf_of"))):
        left |= {key: None for key in ("ip", "user_agent") if key in left}
        actor = nameless(_without_credential(actor))
    if isinstance(left.get("actor"), dict):
        left["actor"] = actor
    return left


def _payload_erased(left: Message, keys: PersonalKeys) -> Message:
    """Without personal payload keys; of an unknown event type, without any payload."""
    if "additional" not in left:
        return left
    tag = str(left.get("tag"))
    declared = keys.declared(tag)
    kept = {key: value for key, value in left["additional"].items() if key in declared}
    return {**left, "additional": keys.without(tag, kept) or {}}


def _of_another(event: Message, person: Person, keys: PersonalKeys) -> Message:
    """A message that does not name the user, without what tells of the person in its payload."""
    payload, tag = part(event, "additional"), event.get("tag")
    if not payload:
        return event
    if not isinstance(tag, str) or keys.of(tag) is None:
        return {**event, "additional": _without_texts(payload, person)}
    nobody = all(id_of(event.get(subject)) is None for subject in SUBJECTS)
    return {**event, "additional": swept(tag, payload, person, keys, about_nobody=nobody) or {}}


def _without_texts(value: Any, person: Person) -> Any:
    """A value of an unknown event type without texts that tell of the person, wherever they stand."""
    if isinstance(value, list):
        return [_without_texts(item, person) for item in value if not _is_text_of(item, person)]
    if isinstance(value, dict):
        return {
            key: _without_texts(item, person)
            for key, item in value.items()
            if not _is_text_of(key, person) and not _is_text_of(item, person)
        }
    return value


def _is_text_of(value: Any, person: Person) -> bool:
    return isinstance(value, str) and person.is_in(value)


def _mentions(value: Any, key: str, person: Person) -> bool:
    """Whether something that is no part of an event has the id where an id stands, or in a text.

    Not where it says that the id is of another kind, such as staff's.
    """
    if is_anothers(value, person):
        return False
    if isinstance(value, dict):
        return any(
            _mentions(item, name, person) or _tells(name.encode(), person) for name, item in value.items()
        )
    if isinstance(value, list):
        return any(_mentions(item, key, person) for item in value)
    if isinstance(value, str):
        return _tells(value.encode("utf-8", "replace"), person)
    return ID_KEY.search(key) is not None and id_of(value) == person.user


def _tells(raw: bytes, person: Person) -> bool:
    """Whether a text has the id in it as a word, or the person's email address, also escaped."""
    text = raw.replace(b"\0", b"").decode("utf-8", "replace")
    word = re.compile(r"(?<![\w-])" + re.escape(person.user) + r"(?![\w-])")
    return person.has_email(text) or any(word.search(way) for way in readings(text))


def _without_credential(actor: Message) -> Message:
    credential = actor.get("credential")
    if not isinstance(credential, dict):
        return actor
    gone = {key: None for key in ("id", "label") if key in credential}
    return {**actor, "credential": {**credential, **gone}}
