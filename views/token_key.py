"""The key that tokens are verified with, and the one algorithm that belongs to it.

The algorithm follows from the key and never from the token, so that a token
cannot choose how it is verified.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.settings import variable

from .settings import ViewsSettings

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey
CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
SMALLEST_RSA = 2048  # bits
EXPECTED = "expected a PEM file with a public key: RSA of 2,048 bits or more, P-256, P-384, P-521 or Ed25519"


class TokenKey(NamedTuple):
    """A key and its algorithm."""

    key: str | PublicKey
    algorithm: str


def token_key(settings: ViewsSettings) -> TokenKey:
    """The key of the settings.

    Raises:
        SettingsError: there is none, there are two, or the file has no key that we can use.
    """
    secret, path = settings.token_secret, settings.token_public_key
    if (secret is None) == (path is None):
        names = f"{variable('token_secret')} and {variable('token_public_key')}"
        raise SettingsError(f"{names}: {'neither is' if secret is None else 'both are'} set; expected one")
    return TokenKey(secret, "HS256") if secret is not None else _of_file(str(path))


@lru_cache(maxsize=8)
def _of_file(path: str) -> TokenKey:
    try:
        key = load_pem_public_key(Path(path).read_bytes())
        return TokenKey(*_usable(key))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{variable('token_public_key')} is {path!r}: {error}; {EXPECTED}") from error


def _usable(key: object) -> tuple[PublicKey, str]:
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA:
        return key, "RS256"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return key, CURVES[key.curve.name]
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return key, "EdDSA"
    raise ValueError("a key of another kind or size")
