"""Finds the secrets in a payload, and removes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from trailkeeper.producer.catalogue import EventType
from trailkeeper.producer.validation.text import free_name

from .finding import DEPTH, Findings
from .fingerprint import MARK
from .headers import are_headers, name_of_value
from .ordinary import is_ordinary
from .randomness import SHORTEST_RANDOM, is_key, is_random
from .texts import is_harmless
from .versions import is_package
from .words import SMALL, names_counted, names_random, names_secret

MAX_DEPTH = 32
"""Validation refuses anything deeper."""

NO_SECRET = (bool, type(None))
NUMBERS = frozenset({int, float, bool, type(None)})
NOTHING: frozenset[str] = frozenset()


class PayloadRules(NamedTuple):
    """What an event type says of its keys.

    Attributes:
        declared: keys that it declares: whatever their names, they hold what they are for.
        named: those of them whose name is a secret's; what they hold may only not look like a key.
        unchecked: those that are not looked at.
        more: an application's own words for `names_secret`.
    """

    declared: frozenset[str] = NOTHING
    named: frozenset[str] = NOTHING
    unchecked: frozenset[str] = NOTHING
    more: frozenset[str] = NOTHING

    @classmethod
    def of(cls, kind: EventType, more: frozenset[str]) -> Self:
        """The rules of an event type."""
        declared = frozenset(kind.payload)
        named = frozenset(key for key in declared if names_secret(key, more))
        return cls(declared, named, frozenset(kind.unchecked), more)


def may_hold_secrets(payload: Mapping[Any, Any], rules: PayloadRules) -> bool:
    """Whether a full search is needed. For most payloads it is not, and this check is all they cost."""
    for key, value in payload.items():
        if key not in rules.declared or key in rules.named:
            return True
        if type(value) is str:
            if not is_harmless(value) and key not in rules.unchecked:
                return True
        elif type(value) not in NUMBERS and key not in rules.unchecked and _within(value, rules.more):
            return True
    return False


def _within(value: Any, more: frozenset[str]) -> bool:
    try:
        return _may_hold(value, more)
    except RecursionError:  # nested too deeply, or contains itself
        return True


def _may_hold(value: Any, more: frozenset[str]) -> bool:
    """The same check for a value of which nobody declared what it is."""
    if type(value) is str:
        return len(value) >= SHORTEST_RANDOM or not is_harmless(value)
    if type(value) is dict:
        if (name := name_of_value(value)) and names_secret(name, more):
            return True
        return any(
            type(key) is not str or names_secret(key, more) or not is_harmless(key) or _may_hold(item, more)
            for key, item in value.items()
        )
    if type(value) is list or type(value) is tuple:
        if are_headers(value) and any(names_secret(name, more) for name, _ in value):
            return True
        return any(_may_hold(item, more) for item in value)
    return type(value) not in NUMBERS


def _is_no_secret(key: str, value: Any) -> bool:
    """Whether a value is none under a key that names one, such as how many there are."""
    if isinstance(value, str):
        return is_ordinary(key, value)
    if isinstance(value, dict):
        return is_package(value, value.get("version"))
    if isinstance(value, (int, float)) and names_counted(key):
        return abs(value) < SMALL
    return isinstance(value, NO_SECRET)


class TooDeep(Exception):  # noqa: N818 - reads as the sentence it is in an `except`
    """A value is nested too deeply; the message is its path."""


class PayloadSearch:
    """A search through one payload.

    Args:
        rules: of its event type.
        findings: takes what is found.
    """

    def __init__(self, rules: PayloadRules, findings: Findings) -> None:
        self._rules = rules
        self._findings = findings

    def cleaned(
        self, payload: Mapping[Any, Any], path: str = "additional", *, is_kept: bool = False
    ) -> dict[Any, Any]:
        """The payload with a mark for each secret.

        Args:
            payload: of JSON's types; validation refuses others.
            path: where the payload is.
            is_kept: whatever is in it: a value that is nested too deeply is removed.

        Raises:
            TooDeep: it is nested too deeply, or contains itself.
        """
        cleaned: dict[Any, Any] = {}
        for key, value in payload.items():
            try:
                shown = self._key(key, path, cleaned)
                cleaned[shown] = self._of(key, value, f"{path}.{shown}")
            except TooDeep as error:
                if not is_kept:
                    raise
                cleaned[key] = self._findings.removed(None, str(error), DEPTH)
        return cleaned

    def _of(self, key: Any, value: Any, path: str) -> Any:
        if key in self._rules.declared:
            return self._declared(key, value, path)
        return self._undeclared(key, value, path, 1)

    def _declared(self, key: str, value: Any, path: str) -> Any:
        if key in self._rules.unchecked:
            return value
        if isinstance(value, str):
            if key in self._rules.named and is_key(value):
                return self._findings.removed(value, path, "its randomness")
            return self._findings.cleaned(value, path)
        return self._value(value, path, 1, may_be_random=names_random(key))

    def _undeclared(self, key: object, value: Any, path: str, depth: int) -> Any:
        if not isinstance(key, str):
            return value
        if names_secret(key, self._rules.more) and not _is_no_secret(key, value):
            is_mark = isinstance(value, str) and MARK.fullmatch(value)
            return value if is_mark else self._findings.removed(value, path, "its name")
        return self._value(value, path, depth, may_be_random=names_random(key))

    def _value(self, value: Any, path: str, depth: int, *, may_be_random: bool) -> Any:
        if isinstance(value, str):
            if not may_be_random and is_random(value):
                return self._findings.removed(value, path, "its randomness")
            return self._findings.cleaned(value, path)
        if not isinstance(value, (dict, list, tuple)):
            return value
        if depth > MAX_DEPTH:
            raise TooDeep(path)
        if isinstance(value, dict):
            name = name_of_value(value)
            cleaned: dict[Any, Any] = {}
            for key, item in value.items():
                shown = self._key(key, path, cleaned)
                named = name if name and key == "value" else key
                cleaned[shown] = self._undeclared(named, item, f"{path}.{shown}", depth + 1)
            return cleaned
        if are_headers(value):
            return [self._pair(pair, f"{path}[{index}]", depth + 1) for index, pair in enumerate(value)]
        return [
            self._value(item, f"{path}[{index}]", depth + 1, may_be_random=may_be_random)
            for index, item in enumerate(value)
        ]

    def _pair(self, pair: Sequence[Any], path: str, depth: int) -> list[Any]:
        """A name, and what is named by it."""
        shown = self._value(pair[0], f"{path}[0]", depth + 1, may_be_random=False)
        return [shown, self._undeclared(pair[0], pair[1], f"{path}[1]", depth + 1)]

    def _key(self, key: Any, path: str, made: dict[Any, Any]) -> Any:
        return free_name(self._findings.cleaned(key, path), made) if isinstance(key, str) else key
