"""The secrets of a data folder. Each is made once, and readable by its owner alone."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from .errors import EmbeddedError
from .remembered import remembered

LENGTH = 32  # bytes


def token_secret(home: Path) -> str:
    """The secret that signs the tokens for its pages, made if there is none yet.

    Raises:
        EmbeddedError: it cannot be written or read, or the file holds something else.
    """
    return _secret(_file(home))


def fingerprint_key(home: Path) -> str:
    """The key of its fingerprints, made if there is none yet.

    Raises:
        EmbeddedError: as above.
    """
    return _secret(home / "run" / "fingerprint-key")


def _secret(file: Path) -> str:
    """The secret in a file; whoever makes it first, all get the same."""
    try:
        secret = remembered(file, lambda: secrets.token_urlsafe(LENGTH) + "\n").strip()
    except (OSError, ValueError) as error:
        raise EmbeddedError(f"{file} cannot be used: {error}; choose another folder with --home") from error
    if len(secret) < LENGTH or not secret.isascii():
        raise EmbeddedError(f"{file} does not hold a secret of ours: remove it")
    return secret


def kept_secret(home: Path) -> str | None:
    """The secret that a data folder has already, or None.

    Raises:
        EmbeddedError: it cannot be read, or the file holds something else.
    """
    with suppress(PermissionError):  # then reading it says so
        if not _file(home).exists():
            return None
    return token_secret(home)


def _file(home: Path) -> Path:
    return home / "run" / "token-secret"
