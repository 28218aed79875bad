"""What happens to a secret in an event: it is removed, refused or kept, as the settings say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from msgspec.structs import replace

from trailkeeper.producer.catalogue import EventType
from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.event import Event
from trailkeeper.producer.validation.text import harmless

from .fields import IDS, FieldsSearch, are_harmless, with_ids
from .finding import DEPTH, Findings, SecretSeen
from .fingerprint import REMOVED, Fingerprints
from .payload import MAX_DEPTH, PayloadRules, PayloadSearch, TooDeep, may_hold_secrets
from .sessions import without_sessions
from .texts import without_halves
from .words import words_of

T = TypeVar("T")
SecretsPolicy = Literal["redact", "refuse", "allow"]
EXPECTED = "no secret, but perhaps its id or name; TRAILKEEPER_SECRETS says what happens to secrets"
LONGEST_PATH = 200
FACTS = "event"
"""Begins the paths of facts that are no event."""


logger = logging.getLogger("trailkeeper")


class SecretGuard:
    """Finds secrets in events, by the names of keys and by the form of values.

    Args:
        policy: ``redact`` replaces a secret by a mark, ``refuse`` refuses the event, ``allow`` keeps it.
            Ids of sessions become fingerprints whatever it is.
        more: an application's own key words; ``badge number`` and ``badge_number`` are the same.
        on_removal: called with the tag, and how many secrets were removed from its event.
        key: of the fingerprints.
    """

    def __init__(
        self,
        policy: SecretsPolicy = "redact",
        more: Iterable[str] = (),
        on_removal: Callable[[str, int], None] | None = None,
        key: str | None = None,
    ) -> None:
        self._is_off = policy == "allow"
        self._refuses = policy == "refuse"
        self._more = frozenset("_".join(words_of(word)) for word in more)
        self._on_removal = on_removal
        self._fingerprints = Fingerprints(key)
        self._rules: dict[str, tuple[EventType, PayloadRules]] = {}

    def checked(self, event: Event, kind: EventType) -> Event:
        """An event as it may be recorded; the same object if it holds no secret.

        Only a payload is refused: names and what a client sent are texts that a person chose, who could
        keep an event out of the trail by them.

        Raises:
            InvalidEvent: it holds a secret, and the policy is ``refuse``; or it is nested too deeply.
        """
        if self._is_plain(event, kind):
            return event
        try:
            cleaned, seen = self._searched(event, kind, is_kept=False)
        except TooDeep as error:
            expected = f"at most {MAX_DEPTH} levels"
            raise InvalidEvent(_place(str(error)), "nested too deeply", expected) from None
        refused = [secret for secret in seen if secret.path.startswith("additional")]
        if refused and self._refuses:
            problem = f"it looks like a secret by {refused[0].why}"
            raise InvalidEvent(_place(refused[0].path), problem, EXPECTED)
        self._report(seen, kind.tag)
        return cleaned

    def cleaned(self, event: Event, kind: EventType) -> Event:
        """`checked` for an event that is kept anyway: refuses nothing, removes what is nested too deeply."""
        if self._is_plain(event, kind):
            return event
        cleaned, seen = self._searched(event, kind, is_kept=True)
        self._report(seen, kind.tag)
        return cleaned

    def cleaned_facts(
        self, facts: Mapping[str, Any], kind: EventType | None = None, tag: str = ""
    ) -> dict[str, Any]:
        """Facts without secrets that are no event: of a wrong call, or keys of a newer producer.

        Args:
            facts: JSON values, by the names of an event's fields.
            kind: says what is declared in their `additional`.
            tag: to count under.
        """
        findings = Findings(self._fingerprints, is_off=self._is_off)
        facts = without_sessions(facts, FieldsSearch(self._fingerprints, findings))
        if self._is_off:
            return facts
        made, seen = self._twice(facts, lambda given, found: self._clean(given, kind, found))
        self._report(findings.seen + seen, tag)
        return with_ids(made, facts)

    def _clean(self, facts: Mapping[str, Any], kind: EventType | None, findings: Findings) -> dict[str, Any]:
        undeclared = PayloadSearch(PayloadRules(more=self._more), findings)
        search = PayloadSearch(self._rules_of(kind), findings) if kind else undeclared
        payload = facts.get("additional")
        if not isinstance(payload, dict):
            return undeclared.cleaned(facts, FACTS, is_kept=True)
        others = {name: value for name, value in facts.items() if name != "additional"}
        cleaned = undeclared.cleaned(others, FACTS, is_kept=True)
        return cleaned | {"additional": search.cleaned(payload, is_kept=True)}

    def _is_plain(self, event: Event, kind: EventType) -> bool:
        if self._is_off:
            return getattr(event.actor, "credential", None) is None
        return are_harmless(event, self._fingerprints) and not may_hold_secrets(
            event.additional, self._rules_of(kind)
        )

    def _rules_of(self, kind: EventType) -> PayloadRules:
        known = self._rules.get(kind.tag)
        if known is None or known[0] is not kind:
            known = self._rules[kind.tag] = (kind, PayloadRules.of(kind, self._more))
        return known[1]

    def _searched(self, event: Event, kind: EventType, *, is_kept: bool) -> tuple[Event, list[SecretSeen]]:
        return self._twice(event, lambda given, findings: self._once(given, kind, findings, is_kept=is_kept))

    def _twice(self, given: T, search: Callable[[T, Findings], T]) -> tuple[T, list[SecretSeen]]:
        """What a search made, and what it found: again for halves of keys whose other half is there."""
        findings = Findings(self._fingerprints, is_off=self._is_off)
        made = search(given, findings)
        if not findings.has_pair:
            return made, findings.seen
        pairs = Findings(self._fingerprints, is_off=self._is_off, pairs=True)
        # the first search did not know yet that a key in a path is such a half
        seen = [one._replace(path=without_halves(one.path, lambda _: REMOVED)) for one in findings.seen]
        return search(made, pairs), seen + pairs.seen

    def _once(self, event: Event, kind: EventType, findings: Findings, *, is_kept: bool) -> Event:
        rules = self._rules_of(kind)
        event = FieldsSearch(self._fingerprints, findings).cleaned(event)
        if self._is_off or not (findings.pairs or may_hold_secrets(event.additional, rules)):
            return event
        payload = PayloadSearch(rules, findings).cleaned(event.additional, is_kept=is_kept)
        return event if payload == event.additional else replace(event, additional=payload)

    def _report(self, seen: list[SecretSeen], tag: str) -> None:
        if not seen:
            return
        removed = [secret for secret in seen if secret.path.removeprefix(f"{FACTS}.") not in IDS]
        for secret in seen:
            what = "secret_removed" if secret in removed else "secret_kept"
            logger.warning("%s tag=%s at=%s by=%s", what, tag, _place(secret.path), secret.why)
        secrets = sum(secret.why != DEPTH for secret in removed)
        if secrets and self._on_removal is not None:
            self._on_removal(tag, secrets)


def _place(path: str) -> str:
    return harmless(path, LONGEST_PATH)
