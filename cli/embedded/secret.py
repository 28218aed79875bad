"""The secret of a home: signs the tokens for its pages. Made once, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from .errors import EmbeddedError

LENGTH = 32  # bytes


def token_secret(home: Path) -> str:
    """The secret of a home, made if there is none yet; whoever makes it first, all get the same.

    Raises:
        EmbeddedError: it cannot be written, or what is there is none.
    """
    file = _file(home)
    try:
        if not file.exists():
            _make(file)
        return kept_secret(home) or _refuse(file)
    except OSError as error:
        raise EmbeddedError(f"{file} cannot be used: {error}; choose another home with --home") from error


def kept_secret(home: Path) -> str | None:
    """The secret that a home has already, or None.

    Raises:
        EmbeddedError: what is there is none, or cannot be read.
    """
    file = _file(home)
    try:
        found = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EmbeddedError(f"{file} cannot be read: {error}") from error
    return found if len(found) >= LENGTH else _refuse(file)


def _file(home: Path) -> Path:
    return home / "run" / "token-secret"


def _make(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(LENGTH) + "\n")
        # whole or not at all, and never in the place of one that is in use
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def _refuse(file: Path) -> NoReturn:
    raise EmbeddedError(f"{file} holds no secret of ours: remove it")
