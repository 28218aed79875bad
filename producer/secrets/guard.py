"""What happens to a secret in a payload: removed, refused or left alone, as the settings say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Literal

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.validation.text import harmless

from .payload import MAX_DEPTH, Found, Search, TooDeep, may_hold_secrets
from .words import words_of

SecretsPolicy = Literal["redact", "refuse", "allow"]
EXPECTED = "no secret: its id or name perhaps; TRAILKEEPER_SECRETS says what becomes of one"
DEPTH = "its depth"
LONGEST_PATH = 200

logger = logging.getLogger("trailkeeper")


class SecretGuard:
    """Keeps secrets out of payloads, by their keys' names and by what values look like.

    Args:
        policy: ``redact`` puts a mark in a secret's place, ``refuse`` refuses the event, ``allow`` looks
            at nothing.
        more: an application's own key words; ``badge number`` and ``badge_number`` are the same.
        told: called with a tag and how many secrets were removed from its event.
    """

    def __init__(
        self,
        policy: SecretsPolicy = "redact",
        more: Iterable[str] = (),
        told: Callable[[str, int], None] | None = None,
    ) -> None:
        self._rests = policy == "allow"
        self._refuses = policy == "refuse"
        self._more = frozenset("_".join(words_of(word)) for word in more)
        self._told = told

    def checked(self, payload: Any, declared: Container[str], tag: str) -> Any:
        """An event's payload as it may be recorded; the very same where it holds no secret.

        Args:
            payload: what is no dict is left to validation.
            declared: the keys that its event type declares: their names are the catalogue's matter.
            tag: of the event.

        Raises:
            InvalidEvent: it holds a secret, and the policy is ``refuse``; or it is nested too deeply.
        """
        if self._rests or type(payload) is not dict or not may_hold_secrets(payload, declared, self._more):
            return payload
        search = Search(self._more)
        try:
            cleaned = search.cleaned(payload, declared, "additional")
        except TooDeep as error:
            raise InvalidEvent(
                _place(str(error)), "nested too deeply", f"at most {MAX_DEPTH} levels"
            ) from None
        if search.found and self._refuses:
            first = search.found[0]
            raise InvalidEvent(_place(first.path), f"it looks like a secret by {first.why}", EXPECTED)
        self._tell(search.found, tag)
        return cleaned if search.found else payload

    def cleaned(self, payload: Any, declared: Container[str], tag: str) -> Any:
        """The same for what is kept anyway: nothing is refused, what is too deep is removed."""
        # the type first: to ask what is a mapping takes a third of a look
        is_mapping = type(payload) is dict or isinstance(payload, Mapping)
        if self._rests or not is_mapping or not may_hold_secrets(payload, declared, self._more):
            return payload
        search = Search(self._more)
        cleaned: dict[Any, Any] = {}
        for key, value in payload.items():
            try:
                cleaned |= search.cleaned({key: value}, declared, "additional")
            except TooDeep as error:
                cleaned[key] = search.removed(str(error), DEPTH)
        self._tell(search.found, tag)
        return cleaned if search.found else payload

    def _tell(self, found: list[Found], tag: str) -> None:
        for each in found:
            logger.warning("secret_removed tag=%s at=%s by=%s", tag, _place(each.path), each.why)
        secrets = sum(each.why != DEPTH for each in found)
        if secrets and self._told is not None:
            self._told(tag, secrets)


def _place(path: str) -> str:
    return harmless(path, LONGEST_PATH)
