"""What happens to a secret in a payload: it is removed, refused or kept, as the settings say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Literal

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.validation.text import harmless

from .payload import MAX_DEPTH, SecretSearch, SecretSeen, TooDeep, may_hold_secrets
from .words import words_of

SecretsPolicy = Literal["redact", "refuse", "allow"]
EXPECTED = "no secret, but perhaps its id or name; TRAILKEEPER_SECRETS says what happens to secrets"
DEPTH = "its depth"
LONGEST_PATH = 200

logger = logging.getLogger("trailkeeper")


class SecretGuard:
    """Finds secrets in payloads, by the names of keys and by the form of values.

    Args:
        policy: ``redact`` replaces a secret by a mark, ``refuse`` refuses the event, ``allow`` is off.
        more: an application's own key words; ``badge number`` and ``badge_number`` are the same.
        on_removal: called with the tag, and how many secrets were removed from its event.
    """

    def __init__(
        self,
        policy: SecretsPolicy = "redact",
        more: Iterable[str] = (),
        on_removal: Callable[[str, int], None] | None = None,
    ) -> None:
        self._is_off = policy == "allow"
        self._refuses = policy == "refuse"
        self._more = frozenset("_".join(words_of(word)) for word in more)
        self._on_removal = on_removal

    def checked(self, payload: Any, declared: Container[str], tag: str) -> Any:
        """An event's payload as it may be recorded; the same object if it holds no secret.

        Args:
            payload: if it is not a dict, validation will refuse it.
            declared: the keys that its event type declares, whose names are not checked.
            tag: of the event.

        Raises:
            InvalidEvent: it holds a secret, and the policy is ``refuse``; or it is nested too deeply.
        """
        if self._is_off or type(payload) is not dict or not may_hold_secrets(payload, declared, self._more):
            return payload
        search = SecretSearch(self._more)
        try:
            cleaned = search.cleaned(payload, declared, "additional")
        except TooDeep as error:
            raise InvalidEvent(
                _place(str(error)), "nested too deeply", f"at most {MAX_DEPTH} levels"
            ) from None
        if search.seen and self._refuses:
            first = search.seen[0]
            raise InvalidEvent(_place(first.path), f"it looks like a secret by {first.why}", EXPECTED)
        self._report(search.seen, tag)
        return cleaned if search.seen else payload

    def cleaned(self, payload: Any, declared: Container[str], tag: str) -> Any:
        """`checked` for a payload that is kept anyway: refuses nothing, removes what is nested too deeply."""
        # the exact type first: isinstance of a Mapping takes a third of the whole check
        is_mapping = type(payload) is dict or isinstance(payload, Mapping)
        if self._is_off or not is_mapping or not may_hold_secrets(payload, declared, self._more):
            return payload
        search = SecretSearch(self._more)
        cleaned: dict[Any, Any] = {}
        for key, value in payload.items():
            try:
                cleaned |= search.cleaned({key: value}, declared, "additional")
            except TooDeep as error:
                cleaned[key] = search.removed(str(error), DEPTH)
        self._report(search.seen, tag)
        return cleaned if search.seen else payload

    def _report(self, seen: list[SecretSeen], tag: str) -> None:
        for secret in seen:
            logger.warning("secret_removed tag=%s at=%s by=%s", tag, _place(secret.path), secret.why)
        secrets = sum(secret.why != DEPTH for secret in seen)
        if secrets and self._on_removal is not None:
            self._on_removal(tag, secrets)


def _place(path: str) -> str:
    return harmless(path, LONGEST_PATH)
