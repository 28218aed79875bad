"""What a search for secrets found in one event."""

from __future__ import annotations

from typing import Any, NamedTuple

from .fingerprint import Fingerprints
from .texts import holds_aws_id, is_clean, is_harmless, without_halves, without_secrets

DEPTH = "its depth"
"""Why something was removed that was no secret, as far as could be seen."""


class SecretSeen(NamedTuple):
    """Where a secret was, without the secret.

    Attributes:
        path: such as ``additional.headers.cookie``.
        why: what gave it away: its name, its form or its randomness.
    """

    path: str
    why: str


class Findings:
    """The secrets of one event, and what they are replaced by.

    Args:
        fingerprints: make the marks.
        is_off: find nothing.
        pairs: also look for the secret halves of AWS's keys, one of whose other halves was found.

    Attributes:
        seen: the secrets so far.
        has_pair: whether there was such another half.
    """

    def __init__(self, fingerprints: Fingerprints, *, is_off: bool = False, pairs: bool = False) -> None:
        self._fingerprints = fingerprints
        self._is_off = is_off
        self.pairs = pairs
        self.seen: list[SecretSeen] = []
        self.has_pair = False

    def removed(self, value: Any, path: str, why: str) -> Any:
        """The mark that replaces a whole value."""
        if self._is_off:
            return value
        self.seen.append(SecretSeen(path, why))
        return self._fingerprints.mark(value)

    def cleaned(self, text: str, path: str) -> str:
        """A text with a mark for each secret of a known form; the same text if there is none."""
        if self._is_off:
            return text
        if self.pairs:
            text = without_halves(text, lambda secret: self.removed(secret, path, "its form"))
        if is_harmless(text):
            return text
        self.look_for_pair(text)
        cleaned = without_secrets(text, self._fingerprints.mark)
        if cleaned != text:
            self.seen.append(SecretSeen(path, "its form"))
        return cleaned

    def left(self, text: str, path: str) -> None:
        """Look at a text that stays, whatever it is."""
        if self._is_off or self.pairs or is_harmless(text):
            return
        self.look_for_pair(text)
        if not is_clean(text):
            self.seen.append(SecretSeen(path, "its form"))

    def look_for_pair(self, text: str) -> None:
        """Note whether one half of a key of AWS is there, which makes the other one recognisable."""
        self.has_pair = self.has_pair or holds_aws_id(text)
