"""Logs of a home that do not grow for ever: one that is too large is copied aside and emptied.

Its writer is another process that keeps it open, so it cannot be renamed away. All of
them append, so each goes on at the file's new end.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

MOST_BYTES = 10 * 1024 * 1024
LOOK_SECONDS = 5.0
OLD = ".1"
"""What the name of the one old file ends in."""


class Logs:
    """Some log files, which may not exist yet.

    Args:
        paths: the files, or folders of which every ``*.log`` is meant.
        most_bytes: how large each may become, about; the old one beside it takes as much again.
    """

    def __init__(self, paths: Sequence[Path], *, most_bytes: int = MOST_BYTES) -> None:
        self._paths = paths
        self._most_bytes = most_bytes
        self._due = 0.0

    def look(self) -> None:
        """Bound what grew too large; looks every few seconds only, so that it may be called often.

        Raises:
            OSError: the disk is full, or a file belongs to somebody else.
        """
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + LOOK_SECONDS
        for path in self._files():
            if path.stat().st_size > self._most_bytes:
                put_aside(path)

    def _files(self) -> list[Path]:
        found = [file for path in self._paths for file in (path.glob("*.log") if path.is_dir() else [path])]
        return [path for path in found if path.is_file() and not path.is_symlink()]


def put_aside(path: Path) -> None:
    """Keep what a log holds as its one old file, and empty it. What is written meanwhile may be lost.

    Raises:
        OSError: the disk is full, or a file belongs to somebody else; the log stays as it is.
    """
    draft = path.with_name(f"{path.name}{OLD}.new")
    with path.open("rb") as log, draft.open("wb") as old:
        os.fchmod(old.fileno(), path.stat().st_mode & 0o777)
        shutil.copyfileobj(log, old)
    draft.replace(path.with_name(f"{path.name}{OLD}"))
    os.truncate(path, 0)
