"""Fingerprints: what is left of a secret, so that the same one is recognised and nobody can use it.

A fingerprint is an HMAC by the installation's key over a digest of the secret. A process without the
key leaves the digest, which a worker that has the key completes; so all of them make the same one.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

KEYED = "hmac-sha256:"
UNKEYED = "sha256:"
DIGITS = 32
"""Of a fingerprint, in hexadecimal: 128 bits."""

SHORT_DIGITS = 16
"""Of the fingerprint in a mark: the first half."""

REMOVED = "[secret removed]"
"""The mark that replaces a secret, where there is no key for its fingerprint."""

MARK = re.compile(rf"\[secret removed(?:: [0-9a-f]{{{SHORT_DIGITS}}})?\]")
_COMPLETE = re.compile(rf"{KEYED}[0-9a-f]{{{DIGITS}}}")
_INCOMPLETE = re.compile(rf"{UNKEYED}([0-9a-f]{{64}})")


class Fingerprints:
    """Makes fingerprints.

    Args:
        key: the installation's, the same in all of its processes; None for none.
    """

    def __init__(self, key: str | None = None) -> None:
        self._key = None if key is None else key.encode()

    def mark(self, secret: object) -> str:
        """What replaces a secret within an event: with its fingerprint, where there is a key.

        Without a key there is none: whoever reads a digest of a password can find the password by trying.
        """
        if self._key is None or not isinstance(secret, (str, int, float)):
            return REMOVED
        return f"[secret removed: {self._keyed(self._key, _digest(str(secret)))[:SHORT_DIGITS]}]"

    def of_id(self, text: str) -> str:
        """What replaces the id of a session: its fingerprint, or its digest where there is no key.

        A fingerprint stays as it is, and a digest is completed.
        """
        if self.is_final(text):
            return text
        digested = _INCOMPLETE.fullmatch(text)
        digest = bytes.fromhex(digested[1]) if digested else _digest(text)
        return f"{UNKEYED}{digest.hex()}" if self._key is None else KEYED + self._keyed(self._key, digest)

    def is_final(self, text: str) -> bool:
        """Whether `of_id` leaves a text as it is, as it does with nearly all that a worker reads."""
        return bool(_COMPLETE.fullmatch(text) or (self._key is None and _INCOMPLETE.fullmatch(text)))

    def _keyed(self, key: bytes, digest: bytes) -> str:
        return hmac.digest(key, digest, "sha256").hex()[:DIGITS]


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()
