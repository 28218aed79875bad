"""One person's data in a message as it came, whatever its shape."""

from __future__ import annotations

from typing import Any

import msgspec

from trailkeeper.worker.retention.message import (
    ERASED,
    NAMED_BY,
    SUBJECTS,
    Message,
    changed,
    id_of,
    mapping,
    nameless,
    odd_of,
    part,
    rebuilt,
    subjects_of,
)
from trailkeeper.worker.retention.naming import may_name, mentions
from trailkeeper.worker.retention.naming import names as has_id
from trailkeeper.worker.retention.personal import PersonalKeys

from .owning import anothers, has_origin, is_anothers
from .person import LASTING, Person
from .sweeping import swept


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
    """A quick look at many messages: whether any of them may tell of the person.

    Where nothing is escaped by JSON, their texts stand in it as they are.
    """
    text = _text(content)
    return b"\\" in content or may_name(text, person.user) or person.may_be_in(text)


def _left(event: Message, person: Person, keys: PersonalKeys) -> Message:
    subjects, known, odd = subjects_of(event), rebuilt(event), odd_of(event)
    named = {place for place in NAMED_BY if subjects[place] == person.user}
    unknown = {name: value for name, value in odd.items() if name not in known}
    # of another shape, but in the place of a person
    named |= {
        place
        for place in ("user", "actor")
        if id_of(known.get(place)) is None and _names(odd.get(place), person)
    }
    is_nobodys = all(subjects[place] is None for place in NAMED_BY)
    if named or (is_nobodys and _names(odd, person)):
        return _payload_erased(_unnamed(known, named, person.user), keys) | anothers(unknown, person)
    believed = person.within(_scope(event, keys))
    if _names(odd, person) or _tells_of(odd, believed):
        others = {name: value for name, value in unknown.items() if is_anothers(value, believed)}
        event = (_unnamed(known, named, person.user) if _names(odd, person) else known) | others
    return _of_another(event, believed, keys)


def _scope(event: Message, keys: PersonalKeys) -> str | None:
    """The scope of the event that a message is, or may become once its type is known."""
    named = (scope for scope in LASTING if id_of(event.get(scope)) is not None)
    return keys.scope(str(event.get("tag"))) or next(named, None)


def _unnamed(left: Message, named: set[str], user: str) -> Message:
    actor = part(left, "actor")
    if "user" in named and "user" in left:
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
    """Without personal payload keys, and without those of which the catalogue does not say what they hold."""
    if "additional" not in left:
        return left
    tag = str(left.get("tag"))
    declared, _ = keys.split(tag, left["additional"])
    return {**left, "additional": keys.without(tag, declared) or {}}


def _of_another(event: Message, person: Person, keys: PersonalKeys) -> Message:
    """A message that does not name the user, without what tells of the person in its payload."""
    payload, tag = part(event, "additional"), str(event.get("tag"))
    if not payload:
        return event
    declared, undeclared = keys.split(tag, payload)
    nobody = all(id_of(event.get(subject)) is None for subject in SUBJECTS)
    left = swept(tag, declared, person, keys, about_nobody=nobody) or {}
    return {**event, "additional": left | _without_texts(undeclared, person)}


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


def _names(value: Any, person: Person) -> bool:
    """Whether something that is no part of an event has the id in it, not said to be of another kind."""
    return mentions(value, lambda text: has_id(text, person.user), lambda item: is_anothers(item, person))


def _tells_of(value: Any, person: Person) -> bool:
    """Likewise, whether it has the person's email address in it."""
    return mentions(value, person.has_email, lambda item: is_anothers(item, person))


def _tells(raw: bytes, person: Person) -> bool:
    """Whether a text has the id in it, or the person's email address, also escaped."""
    text = _text(raw)
    return has_id(text, person.user) or person.has_email(text)


def _text(raw: bytes) -> str:
    return raw.replace(b"\0", b"").decode("utf-8", "replace")


def _without_credential(actor: Message) -> Message:
    credential = actor.get("credential")
    if not isinstance(credential, dict):
        return actor
    gone = {key: None for key in ("id", "label") if key in credential}
    return {**actor, "credential": {**credential, **gone}}
