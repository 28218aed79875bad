"""Passwords as the database keeps them, and those that too many people know."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

NOTORIOUS = frozenset(
    ("password", "password1", "password123", "12345678", "123456789", "qwertyuiop", "letmein123", "iloveyou1")
)
"""A stand-in for a service that knows every password ever leaked."""


def hashed(password: str, *, cost: int) -> str:
    """What to store instead of *password*; *cost* is scrypt's n, a power of two."""
    salt = secrets.token_bytes(16)
    return f"{cost}${_text(salt)}${_text(_scrypt(password, salt, cost))}"


def matches(password: str, stored: str | None, *, cost: int) -> bool:
    """True when *stored* was made from *password*; as slow without a stored one as with it."""
    if stored is None:
        _scrypt(password, b"nobody", cost)
        return False
    given_cost, salt, expected = stored.split("$")
    derived = _scrypt(password, base64.b64decode(salt), int(given_cost))
    return hmac.compare_digest(derived, base64.b64decode(expected))


def is_compromised(password: str) -> bool:
    """True when the password is among those known to attackers."""
    return password.lower() in NOTORIOUS


def digest(secret: str) -> str:
    """What to store instead of a long random secret, which needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=8, p=1, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
