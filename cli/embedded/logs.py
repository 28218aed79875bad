"""Bounds the logs of a data folder: one that grows too large is copied to one old file and emptied.

It cannot be renamed: its writer is another process that keeps it open. Writers append, so
they go on at the new end of the file.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

MOST_BYTES = 10 * 1024 * 1024
CHECK_SECONDS = 5.0
OLD = ".1"
"""Suffix of the old file."""


class Logs:
    """Some log files, which need not exist yet.

    Args:
        paths: the files, or folders of which every ``*.log`` is meant.
        most_bytes: how large each may become, about; its old file takes as much again.
    """

    def __init__(self, paths: Sequence[Path], *, most_bytes: int = MOST_BYTES) -> None:
        self._paths = paths
        self._most_bytes = most_bytes
        self._due = 0.0

    def rotate(self) -> None:
        """Copy and empty what grew too large; checks every few seconds only, so it may be called often.

        Raises:
            OSError: the disk is full, or a file belongs to somebody else.
        """
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + CHECK_SECONDS
        for path in self._files():
            if path.stat().st_size > self._most_bytes:
                rotate_file(path)

    def _files(self) -> list[Path]:
        files = [file for path in self._paths for file in (path.glob("*.log") if path.is_dir() else [path])]
        return [path for path in files if path.is_file() and not path.is_symlink()]


def rotate_file(path: Path) -> None:
    """Copy a log to its old file, and empty it. What is written meanwhile may be lost.

    Raises:
        OSError: the disk is full, or a file belongs to somebody else; the log stays as it is.
    """
    draft = path.with_name(f"{path.name}{OLD}.new")
    with path.open("rb") as log, draft.open("wb") as old:
        os.fchmod(old.fileno(), path.stat().st_mode & 0o777)
        shutil.copyfileobj(log, old)
    draft.replace(path.with_name(f"{path.name}{OLD}"))
    os.truncate(path, 0)
