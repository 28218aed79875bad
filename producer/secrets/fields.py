"""The secrets in an event's own fields: ids, names, credentials, what a client sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from trailkeeper.producer.event import Actor, Credential, Event, Requester, Subject

from .finding import Findings
from .fingerprint import Fingerprints
from .randomness import SHORTEST_RANDOM, is_key
from .shapes import SHORTEST
from .texts import (
    LENGTH_OF_UUID,
    LONGEST_FIELD,
    all_harmless,
    is_clean,
    is_harmless,
    is_plain_id,
    without_halves,
)
from .words import names_session

T = TypeVar("T", Subject, Actor, Requester)

OF_CLIENT = ("user_agent", "request_id")
SUBJECTS = ("user", "project", "organization")
WITH_IDS = (*SUBJECTS, "actor", "on_behalf_of", "requested_by")
"""Whose ids are those by which histories are found. They stay, whatever they look like: an event without its
own would be missing from its history, and two that became one mark would have one history.
"""

IDS = frozenset({"actor.on_behalf_of.id", *(f"{name}.id" for name in WITH_IDS)})
"""Their paths."""


def are_harmless(event: Event, fingerprints: Fingerprints) -> bool:
    """Whether the fields certainly hold no secret: for most events all that they cost."""
    actor, user, project = event.actor, event.user, event.project
    try:
        if event.requested_by:
            return False
        texts = [event.user_agent, event.request_id, actor.id, actor.name]
        if user is not None and user.name != actor.name:
            texts.append(user.name)
        if user is not None and user.id != actor.id:
            texts.append(user.id)
        if project is not None:
            texts += (project.id, project.name)
        if event.organization is not None:
            texts += (event.organization.id, event.organization.name)
        if actor.on_behalf_of is not None:
            texts += (actor.on_behalf_of.id, actor.on_behalf_of.name)
        return all_harmless(texts) and (
            actor.credential is None or _is_harmless_credential(actor.credential, fingerprints)
        )
    except (TypeError, AttributeError):  # of another type, which validation will refuse
        return False


def _may_hold(subject: Subject) -> bool:
    texts: tuple[object, ...] = (subject.id, subject.name)
    return any(isinstance(text, str) and not is_harmless(text) for text in texts)


def _is_harmless_credential(credential: Any, fingerprints: Fingerprints) -> bool:
    return (
        type(credential) is Credential
        and _is_no_key(credential.kind)
        and _is_no_key(credential.label)
        and _is_harmless_id(credential, fingerprints)
    )


def _is_harmless_id(credential: Credential, fingerprints: Fingerprints) -> bool:
    if credential.id is None or fingerprints.is_final(credential.id):
        return True
    return not _is_session(credential.kind) and _is_no_key(credential.id)


def with_ids(made: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Facts that were searched, with the ids by which histories are found as they were given."""
    for name in WITH_IDS:
        before, after = given.get(name), made.get(name)
        if isinstance(before, dict) and isinstance(after, dict):
            kept = {"id": before["id"]} if isinstance(before.get("id"), str) else {}
            made = {**made, name: with_ids({**after, **kept}, before)}
    return made


def _is_session(kind: object) -> bool:
    return isinstance(kind, str) and names_session(kind)


def _is_no_key(text: str | None) -> bool:
    if text is None:
        return True
    is_short = len(text) < SHORTEST_RANDOM or (len(text) == LENGTH_OF_UUID and is_plain_id(text))
    return is_harmless(text) and (is_short or not is_key(text))


def _with(given: T, changes: dict[str, Any]) -> T:
    """The same object, if nothing changes."""
    made = replace(given, **changes)
    return given if made == given else made


class FieldsSearch:
    """A search through the fields of one event.

    Args:
        fingerprints: for ids of sessions.
        findings: takes what is found.
    """

    def __init__(self, fingerprints: Fingerprints, findings: Findings) -> None:
        self._fingerprints = fingerprints
        self._findings = findings

    def cleaned(self, event: Event) -> Event:
        """The event with a mark for each secret in a field besides `additional`, and no live session."""
        changed: dict[str, Any] = {}
        for names, cleaned in (
            (OF_CLIENT, self._text),
            (SUBJECTS, self._subject),
            (("actor",), self._actor),
            (("requested_by",), self._requester),
        ):
            for name in names:
                given = getattr(event, name)
                if (made := cleaned(given, name)) is not given:
                    changed[name] = made
        return replace(event, **changed) if changed else event

    def _text(self, text: Any, path: str) -> Any:
        return self._findings.cleaned(text[:LONGEST_FIELD], path) if isinstance(text, str) else text

    def _id(self, given: Any, path: str) -> Any:
        if isinstance(given, str):
            self._findings.left(given[:LONGEST_FIELD], path)
        return given

    def _subject(self, subject: Any, path: str) -> Any:
        if type(subject) is not Subject or not (self._findings.pairs or _may_hold(subject)):
            return subject
        return _with(subject, self._identity(subject, path))

    def _actor(self, actor: Any, path: str) -> Any:
        if type(actor) is not Actor:
            return actor
        changes = self._identity(actor, path) | {
            "credential": self.credential(actor.credential),
            "on_behalf_of": self._subject(actor.on_behalf_of, f"{path}.on_behalf_of"),
        }
        return _with(actor, changes)

    def _requester(self, requester: Any, path: str) -> Any:
        if type(requester) is not Requester:
            return requester
        return _with(requester, self._identity(requester, path))

    def _identity(self, who: Subject | Actor | Requester, path: str) -> dict[str, Any]:
        return {"id": self._id(who.id, f"{path}.id"), "name": self._text(who.name, f"{path}.name")}

    def credential(self, credential: Any) -> Any:
        """A credential that nobody can log in with."""
        if type(credential) is not Credential:
            return credential
        is_public = credential.id_is_public is True
        return Credential(
            self._unless_key(credential.kind, "actor.credential.kind"),
            self.credential_id(credential.kind, credential.id, is_public=is_public),
            self.label(credential.kind, None if is_public else credential.id, credential.label),
            credential.id_is_public,
        )

    def credential_id(self, kind: Any, given: Any, *, is_public: bool) -> Any:
        """The id of a session, or of what else its id would be enough to use, as a fingerprint.

        Args:
            kind: of the credential.
            given: its id.
            is_public: the application says that nobody can use it.
        """
        if given is None or is_public:
            return self._text(given, "actor.credential.id")
        text = str(given)
        if _is_session(kind):
            return self._fingerprints.of_id(text)
        self._findings.look_for_pair(text)
        is_half = self._findings.pairs and without_halves(text, lambda _: "") != text
        return self._fingerprints.of_id(text) if is_half or is_key(text) or not is_clean(text) else given

    def label(self, kind: Any, given: Any, label: Any) -> Any:
        """What a credential is called; of a session it may be the key once more.

        Args:
            kind: of the credential.
            given: its id.
            label: its own.
        """
        if not isinstance(label, str):
            return label
        path, key = "actor.credential.label", str(given)
        if _is_session(kind) and len(key) >= SHORTEST and key in label:
            return self._findings.removed(label, path, "its id")
        return self._unless_key(label, path)

    def _unless_key(self, text: Any, path: str) -> Any:
        if isinstance(text, str) and is_key(text):
            return self._findings.removed(text, path, "its randomness")
        return self._text(text, path)
