"""For root: Postgres refuses to run as root, so it gets a user of its own who can reach its files."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import EmbeddedError

NAME = "embedded_postgres"
ENTER = stat.S_IXGRP | stat.S_IXOTH


def child_options() -> dict[str, Any]:
    """How to start Postgres' programs: as another user if we are root, in a folder that it may enter."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    entry = _entry()
    return {"cwd": "/", "user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def give(folder: Path) -> None:
    """Make Postgres' user the owner of a folder of its own, closed to others.

    Raises:
        EmbeddedError: it is a link or another user's, and not to be trusted with a database.
    """
    status = folder.lstat()
    mine = {os.geteuid()} | ({_entry().pw_uid} if os.geteuid() == 0 else set())
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in mine:
        raise EmbeddedError(f"{folder} is not ours: remove it, or choose another folder with --home")
    if os.geteuid() == 0:
        os.chown(folder, _entry().pw_uid, _entry().pw_gid)
    folder.chmod(0o700)


def let_through(paths: Iterable[Path]) -> None:
    """As root, let others pass through every folder above *paths*, without letting them list it.

    Raises:
        EmbeddedError: names the folder that cannot be opened.
    """
    if os.geteuid() != 0:
        return
    for folder in {above for path in paths for above in path.parents}:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & ENTER != ENTER:
            _open(folder, mode | ENTER)


def _open(folder: Path, mode: int) -> None:
    try:
        folder.chmod(mode)
    except OSError as error:
        raise EmbeddedError(
            f"Postgres runs as the user {NAME}, who cannot pass through {folder}, "
            f"and that cannot be changed: {error.strerror}; choose a folder elsewhere with --home"
        ) from error


def _entry() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return _make()


def _make() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    try:
        problem = subprocess.run(command, check=False, capture_output=True, text=True).stderr.strip()
    except OSError as error:
        problem = str(error)
    with suppress(KeyError):
        return pwd.getpwnam(NAME)  # made by us, or by another stack at the same moment
    raise EmbeddedError(
        f"Postgres does not run as root, and its own user {NAME} could not be made: "
        f"{problem}; run trailkeeper as another user, or set TRAILKEEPER_DATABASE_URL"
    )
