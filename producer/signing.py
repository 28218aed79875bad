"""Who vouches for a message: an HMAC over its bytes, by a key that producer and worker share.

Field ``s`` of a stream entry is ``name:digest``: the key's name, and HMAC-SHA256 in
hexadecimal over the bytes of ``e``. Of a message in quarantine, a zero byte and the
bytes of ``invalid`` follow; no JSON text holds a zero byte, so neither is taken for the other.
"""

from __future__ import annotations

import hashlib
from binascii import hexlify
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from .errors import SettingsError

MIN_SECRET = 32  # bytes
BLOCK = 64  # of SHA-256, in bytes
States: TypeAlias = tuple[Any, Any]
"""Two of hashlib's objects, whose class has no public name."""


class Key(NamedTuple):
    """A key, from a setting such as ``web:secret`` or ``web@shop:secret``.

    Attributes:
        name: by which a message says what it was signed with.
        secret: at least `MIN_SECRET` bytes.
        producer: whose messages it is good for: the first part of their producer's id; None for everybody's.
    """

    name: bytes
    secret: bytes
    producer: str | None = None

    @classmethod
    def of(cls, text: str) -> Key:
        """Take a setting apart.

        Raises:
            SettingsError: it is no key. Never shows it.
        """
        place, colon, secret = text.partition(":")
        name, at, producer = place.partition("@")
        if not (name and colon) or (at and not producer) or not place.isprintable() or not place.isascii():
            raise SettingsError("a key is a name, a colon and a secret, such as web:3f9c…")
        if len(secret.encode()) < MIN_SECRET:
            raise SettingsError(
                f"the secret of the key {name} is too short; expected {MIN_SECRET} bytes or more"
            )
        return cls(name.encode(), secret.encode(), producer or None)


class Signer:
    """Signs messages with one key."""

    def __init__(self, key: Key) -> None:
        self._prefix = key.name + b":"
        self._states = _states(key.secret)

    def sign(self, payload: bytes, invalid: bytes | None) -> bytes:
        """Field ``s`` of a message."""
        return self._prefix + _digest(self._states, payload, invalid)


class Verifier:
    """Knows the keys that are good.

    Args:
        keys: of one name there may be several, while secrets are changed.
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        from hmac import compare_digest  # noqa: PLC0415 - producers only sign, and do not pay for it

        self._equal = compare_digest
        self._keys: dict[bytes, list[tuple[Key, States]]] = {}
        for key in keys:
            self._keys.setdefault(key.name, []).append((key, _states(key.secret)))

    def key_of(self, payload: bytes, invalid: bytes | None, signature: bytes) -> Key | None:
        """The key that a message was signed with; None if it was signed with none of ours."""
        name, _, digest = signature.rpartition(b":")
        for key, states in self._keys.get(name, ()):
            if self._equal(_digest(states, payload, invalid), digest):
                return key
        return None


def _states(secret: bytes) -> States:
    """HMAC's two hashes (RFC 2104) as they are before a message: made once a key.

    Copying them for each message takes less than half of the time of `hmac.digest`.
    """
    key = hashlib.sha256(secret).digest() if len(secret) > BLOCK else secret
    padded = key.ljust(BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))
    return inner, outer


def _digest(states: States, payload: bytes, invalid: bytes | None) -> bytes:
    inner, outer = states[0].copy(), states[1].copy()
    inner.update(payload)
    if invalid is not None:
        inner.update(b"\0" + invalid)
    outer.update(inner.digest())
    return hexlify(outer.digest())
