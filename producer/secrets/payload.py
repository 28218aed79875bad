"""Finds the secrets in a payload, and removes them."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from .shapes import REMOVED, SHORTEST, harmless, is_random, without_secrets
from .words import names_random, names_secret

MAX_DEPTH = 32
"""Validation refuses anything deeper."""

NOTHING: frozenset[str] = frozenset()
NO_SECRET = (bool, type(None))
NUMBERS = frozenset({int, float, bool, type(None)})


class SecretSeen(NamedTuple):
    """Where a secret was, without the secret.

    Attributes:
        path: such as ``additional.headers.cookie``.
        why: what gave it away: its name, its form or its randomness.
    """

    path: str
    why: str


def may_hold_secrets(payload: Mapping[Any, Any], declared: Container[Any], more: frozenset[str]) -> bool:
    """Whether a full search is needed. For most payloads it is not, and this check is all they cost."""
    for key, value in payload.items():
        if key not in declared and _is_doubtful(key, more):
            return True
        if type(value) is str:
            # the beginning of `harmless`, inlined
            if len(value) >= SHORTEST and not ((value.islower() and "@" not in value) or harmless(value)):
                return True
        elif type(value) not in NUMBERS and _within(value, more):
            return True
    return False


def _within(value: Any, more: frozenset[str]) -> bool:
    try:
        return _may_hold(value, more)
    except RecursionError:  # nested too deeply, or contains itself
        return True


def _may_hold(value: Any, more: frozenset[str]) -> bool:
    """`may_hold_secrets` for a value, of any depth."""
    if type(value) is dict:
        return may_hold_secrets(value, NOTHING, more)
    if type(value) is list or type(value) is tuple:
        return any(type(item) not in NUMBERS and _may_hold(item, more) for item in value)
    return type(value) is not str or not harmless(value)


def _is_doubtful(key: object, more: frozenset[str]) -> bool:
    return not isinstance(key, str) or names_secret(key, more)


class TooDeep(Exception):  # noqa: N818 - reads as the sentence it is in an `except`
    """A value is nested too deeply; the message is its path."""


class SecretSearch:
    """A search through one payload.

    Args:
        more: an application's own words for `names_secret`.

    Attributes:
        seen: the secrets so far.
    """

    def __init__(self, more: frozenset[str] = NOTHING) -> None:
        self._more = more
        self.seen: list[SecretSeen] = []

    def cleaned(self, payload: Mapping[Any, Any], declared: Container[str], path: str) -> dict[Any, Any]:
        """The payload with `REMOVED` for each secret.

        Args:
            payload: of JSON's types; validation refuses others.
            declared: keys that the catalogue declares, which are not secrets whatever their names.
            path: where the payload is.

        Raises:
            TooDeep: it is nested too deeply, or contains itself.
        """
        return {
            key: self._of_key(key, value, f"{path}.{key}", 1, named=key not in declared)
            for key, value in payload.items()
        }

    def removed(self, path: str, why: str) -> str:
        """The mark that replaces a whole value."""
        self.seen.append(SecretSeen(path, why))
        return REMOVED

    def _of_key(self, key: object, value: Any, path: str, depth: int, *, named: bool) -> Any:
        if not isinstance(key, str):
            return value
        if named and not isinstance(value, NO_SECRET) and names_secret(key, self._more):
            return self.removed(path, "its name")
        return self._of_value(value, path, depth, may_be_random=names_random(key))

    def _of_value(self, value: Any, path: str, depth: int, *, may_be_random: bool) -> Any:
        if isinstance(value, str):
            return self._of_text(value, path, may_be_random=may_be_random)
        if not isinstance(value, (dict, list, tuple)):
            return value
        if depth > MAX_DEPTH:
            raise TooDeep(path)
        if isinstance(value, dict):
            return {
                key: self._of_key(key, item, f"{path}.{key}", depth + 1, named=True)
                for key, item in value.items()
            }
        return [
            self._of_value(item, f"{path}[{index}]", depth + 1, may_be_random=may_be_random)
            for index, item in enumerate(value)
        ]

    def _of_text(self, text: str, path: str, *, may_be_random: bool) -> str:
        if harmless(text):
            return text
        if (kept := without_secrets(text)) != text:
            self.seen.append(SecretSeen(path, "its form"))
            return kept
        return self.removed(path, "its randomness") if not may_be_random and is_random(text) else text
