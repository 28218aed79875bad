"""Lets Postgres start again after its postmaster was killed."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from .errors import EmbeddedError

SECONDS_TO_DIE = 10.0


def forget_crash(folder: Path) -> None:
    """Remove the dead postmaster's pid file, once its last backend is gone.

    Another process may have its number by now, and Postgres would refuse to
    start. But the file also keeps two servers from using one folder, so it stays
    while a backend still runs there.

    Raises:
        EmbeddedError: a backend still runs.
    """
    deadline = time.monotonic() + SECONDS_TO_DIE
    while left := _running_in(folder):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Postgres in {folder} crashed, and its processes {left} still run: end them first"
            )
        time.sleep(0.05)
    (folder / "postmaster.pid").unlink(missing_ok=True)


def _running_in(folder: Path) -> list[int]:
    """Postgres' processes have their data folder as current folder."""
    pids = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder):
                pids.append(process.pid)
        except psutil.Error:
            continue  # ended meanwhile, or another user's, who may not work on our folder
    return pids
