"""One person's data in a message as it came, whatever its shape."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from trailkeeper.worker.retention.message import (
    ERASED,
    NAMED_BY,
    SUBJECTS,
    Message,
    changed,
    event_of,
    id_of,
    is_id,
    is_of_an_object,
    nameless,
    odd_of,
    part,
    rebuilt,
    subjects_of,
)
from trailkeeper.worker.retention.naming import may_name, mentions
from trailkeeper.worker.retention.naming import names as has_id
from trailkeeper.worker.retention.personal import PersonalKeys

from .owning import anothers, has_origin, is_anothers, names_person
from .person import LASTING, Person
from .sweeping import swept

TEXTS = ("user_agent", "request_id", "producer")
"""Fields of a message that are texts of their own."""


def without(raw: bytes, person: Person, keys: PersonalKeys) -> bytes | None:
    """A message without a person's data; None where it holds none that we can find.

    One that is no JSON object, or has a key twice, and has the id in it as a word or the person's email
    address (there), cannot be taken apart, and is emptied.
    """
    if tells(_text(raw), person) and any(tells(hidden, person) for hidden in _hidden(event_of(raw))):
        return ERASED
    left = changed(
        raw,
        lambda event: _left(event, person, keys),
        lambda opaque: ERASED if tells(_text(opaque), person) else opaque,
    )
    return None if left == raw else left


def _hidden(raw: bytes) -> list[str]:
    """What stands under a key that is there once more: nobody knows which of the two the rest belongs to."""
    hidden: list[str] = []

    def noted(pairs: list[tuple[str, Any]]) -> Message:
        made: Message = {}
        for key, value in pairs:
            if key in made:
                hidden.append(json.dumps({key: made[key]}))
            made[key] = value
        return made

    with suppress(ValueError, RecursionError):
        json.loads(_text(raw), object_pairs_hook=noted)
    return hidden


def may_tell(content: bytes, person: Person) -> bool:
    """A quick look at many messages: whether any of them may tell of the person.

    Where nothing is escaped by JSON, their texts stand in it as they are.
    """
    text = _text(content)
    return b"\\" in content or may_name(text, person.user) or person.may_be_in(text)


def _left(event: Message, person: Person, keys: PersonalKeys) -> Message:
    believed, odd = person.within(_scope(event, keys)), odd_of(event)
    event = _without_telling_texts(event, believed)
    known = rebuilt(event, lambda value: is_id(value) or not _is_another_text_of(value, believed))
    subjects = subjects_of(known)
    named = {place for place in NAMED_BY if subjects[place] == person.user}
    unknown = {name: value for name, value in odd.items() if name not in known}
    # of another shape, but in the place of a person
    named |= {place for place, value in _odd_places(odd, known).items() if names_person(value, person, place)}
    is_nobodys = all(subjects[place] is None for place in NAMED_BY)
    if named or (is_nobodys and names_person(odd, person)):
        return _payload_erased(_unnamed(known, named, person.user), keys) | anothers(unknown, person)
    if names_person(odd, person) or _tells_of(odd, believed):
        others = {name: value for name, value in unknown.items() if is_anothers(value, believed)}
        event = (_unnamed(known, named, person.user) if names_person(odd, person) else known) | others
    return _of_another(event, believed, keys)


def _odd_places(odd: Message, known: Message) -> Message:
    """What stands in the places of persons in a shape that no event has, and has no id that an event has."""
    actor = odd.get("actor")
    found = {"user": odd.get("user"), "actor": actor}
    if isinstance(actor, dict):
        itself = {key: value for key, value in actor.items() if key != "on_behalf_of"}
        found |= {"actor": itself, "on_behalf_of": actor.get("on_behalf_of")}
    has_id_of = {"user": known, "actor": known, "on_behalf_of": part(known, "actor")}
    return {place: value for place, value in found.items() if id_of(has_id_of[place].get(place)) is None}


def _without_telling_texts(event: Message, person: Person) -> Message:
    """A message without texts that tell of the person where an event has texts, and no ids."""
    left = {key: _nameless_if_telling(event[key], person) for key in (*SUBJECTS, "actor") if key in event}
    left |= {key: None for key in TEXTS if isinstance(event.get(key), str) and person.is_in(event[key])}
    return event | left


def _nameless_if_telling(who: Any, person: Person) -> Any:
    """A subject, actor or credential without the name or label, and those within, if these tell."""
    if not isinstance(who, dict):
        return who
    left = {key: _nameless_if_telling(value, person) for key, value in who.items()}
    names = {key: who[key] for key in ("name", "label") if isinstance(who.get(key), str)}
    gone = [
        key
        for key, name in names.items()
        if person.is_in(name) or (is_of_an_object(name) and has_id(name, person.user))
    ]
    return left | dict.fromkeys(gone)


def _is_another_text_of(value: Any, person: Person) -> bool:
    return isinstance(value, str) and value != person.user and tells(value, person)


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
    if "on_behalf_of" in named and "on_behalf_of" in actor:
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


def _tells_of(value: Any, person: Person) -> bool:
    """Likewise, whether it has the person's email address in it."""
    return mentions(value, person.has_email, lambda item: is_anothers(item, person))


def tells(text: str, person: Person) -> bool:
    """Whether a text has the id in it, or the person's email address, also escaped."""
    return has_id(text, person.user) or person.has_email(text)


def _text(raw: bytes) -> str:
    return raw.replace(b"\0", b"").decode("utf-8", "replace")


def _without_credential(actor: Message) -> Message:
    credential = actor.get("credential")
    if not isinstance(credential, dict):
        return actor
    gone = {key: None for key in ("id", "label") if key in credential}
    return {**actor, "credential": {**credential, **gone}}
