"""Starting over a postmaster that was killed."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from .errors import EmbeddedError

SECONDS_TO_DIE = 10.0


def forget_crash(folder: Path) -> None:
    """Remove the dead postmaster's pid file, once its last backend is gone.

    Its number may be another process' by now, at whose sight Postgres would
    refuse to start. But the file also keeps two servers off one folder, so it
    stays while anything still works there.

    Raises:
        EmbeddedError: a backend goes on.
    """
    deadline = time.monotonic() + SECONDS_TO_DIE
    while left := _working_in(folder):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Postgres in {folder} crashed, and its processes {left} still run: end them first"
            )
        time.sleep(0.05)
    (folder / "postmaster.pid").unlink(missing_ok=True)


def _working_in(folder: Path) -> list[int]:
    """Postgres' processes stand in their data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder):
                found.append(process.pid)
        except psutil.Error:
            continue  # ended meanwhile, or another user's, who may not work on our folder
    return found
