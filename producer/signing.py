"""Signatures: an HMAC over a message's bytes, by a key that producer and worker share.

Field ``s`` of a stream entry is ``name:digest``: the key's name, and HMAC-SHA256 in
hexadecimal over the bytes of ``e``. For a message in quarantine, a zero byte and the bytes
of ``invalid`` follow. JSON text never holds a zero byte, so neither can pass for the other.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from typing import NamedTuple

from .errors import SettingsError

MIN_SECRET = 32  # bytes
OWNER = re.compile("[ -~]+")
TAG = re.compile(r"[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)*(/\*)?", re.ASCII)


class SigningKey(NamedTuple):
    """A key, from a setting such as ``web:secret``, ``web@shop:secret`` or ``web@shop+file/*:secret``.

    Attributes:
        name: named in each signature made with the key.
        secret: at least `MIN_SECRET` bytes.
        producer: whose messages it may sign: the first part of a producer's id; None for anybody's.
        tags: event types that it may sign, ``project:*`` for all that begin so; none named, all of them. In
            a setting each follows a plus sign, with slashes in place of colons.
    """

    name: bytes
    secret: bytes
    producer: str | None = None
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> SigningKey:
        """Parse a setting.

        Raises:
            SettingsError: it is not a key. Never shows it.
        """
        owner, colon, secret = text.partition(":")
        bound, *tags = owner.split("+")
        name, at, producer = bound.partition("@")
        if not all(TAG.fullmatch(tag) for tag in tags):
            raise SettingsError(f"the key {name} names no tag; expected one such as file/add or file/*")
        if not (name and colon) or (at and not producer) or not OWNER.fullmatch(owner):
            raise SettingsError("a key is a name, a colon and a secret, such as web:3f9c…")
        if len(secret.encode()) < MIN_SECRET:
            raise SettingsError(
                f"the secret of the key {name} is too short; expected {MIN_SECRET} bytes or more"
            )
        return cls(
            name.encode(), secret.encode(), producer or None, tuple(tag.replace("/", ":") for tag in tags)
        )

    def may_sign(self, tag: str) -> bool:
        """Whether it may sign events of a type."""
        return not self.tags or any(
            tag.startswith(bound[:-1]) if bound.endswith("*") else tag == bound for bound in self.tags
        )


class Signer:
    """Signs messages with one key."""

    def __init__(self, key: SigningKey) -> None:
        self._prefix = key.name + b":"
        self._hmac = _hmac(key)

    def sign(self, payload: bytes, invalid: bytes | None) -> bytes:
        """Field ``s`` of a message."""
        return self._prefix + _digest(self._hmac, payload, invalid)


class Verifier:
    """Verifies signatures.

    Args:
        keys: several may share a name while a secret is being changed.
    """

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self._keys: dict[bytes, list[tuple[SigningKey, hmac.HMAC]]] = {}
        for key in keys:
            self._keys.setdefault(key.name, []).append((key, _hmac(key)))

    def key_of(self, payload: bytes, invalid: bytes | None, signature: bytes) -> SigningKey | None:
        """The key that signed a message; None if it was none of ours."""
        name, _, digest = signature.rpartition(b":")
        for key, keyed in self._keys.get(name, ()):
            if hmac.compare_digest(_digest(keyed, payload, invalid), digest):
                return key
        return None


def _hmac(key: SigningKey) -> hmac.HMAC:
    """The key's HMAC before any message: made once, and copied for each."""
    return hmac.new(key.secret, digestmod="sha256")


def _digest(keyed: hmac.HMAC, payload: bytes, invalid: bytes | None) -> bytes:
    message = keyed.copy()
    message.update(payload)
    if invalid is not None:
        message.update(b"\0" + invalid)
    return message.hexdigest().encode()
