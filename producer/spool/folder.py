"""The files beside the spool: made private, locked for a moment, set aside when damaged."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from trailkeeper.producer.errors import SpoolUnavailable

logger = logging.getLogger("trailkeeper")

ASIDE = ".broken-"
PARTS = ("-wal", "-shm", "")
"""SQLite's files, the database last: if we die while renaming them, it is still found."""
POLL_SECONDS = 0.001


Identity = tuple[int, int]
"""Device and inode: which file it is, whatever its name."""


def identity(path: Path) -> Identity | None:
    """Which file has this path now; None if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - called for each message
    except OSError:
        return None
    return status.st_dev, status.st_ino


def make(path: Path) -> None:
    """Create an empty file that only its owner can read, and its folders likewise, unless they exist.

    Raises:
        OSError: it cannot be made.
    """
    _make_folder(path.parent)
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.new-{os.getpid()}")
    # linked rather than opened: closing a database's file drops every lock of this process on it
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600))
    try:
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


@contextmanager
def locked(path: Path, deadline: float, *, exclusive: bool) -> Iterator[None]:
    """Hold the lock: shared to open the file, exclusive to set it aside. Released if the process dies.

    Raises:
        SpoolUnavailable: the lock was not free in time.
        OSError: there is no such folder, or it is not writable.
    """
    descriptor = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _lock(descriptor, exclusive=exclusive):
            if time.monotonic() >= deadline:
                raise SpoolUnavailable(f"{path} is busy: other processes kept opening it")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def set_aside(path: Path, problem: object) -> None:
    """Rename a damaged file and its companions, with the time in the name. Needs the exclusive lock.

    Raises:
        OSError: it cannot be renamed.
    """
    name = f"{path}{ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    for part in PARTS:
        with suppress(FileNotFoundError):
            Path(f"{path}{part}").rename(f"{name}{part}")
    logger.error("spool_damaged: %s was moved to %s, and a new spool begun: %s", path, name, problem)


def aside(path: Path) -> list[Path]:
    """The damaged files that were set aside, oldest first."""
    files = path.parent.glob(f"{path.name}{ASIDE}*")
    return sorted(file for file in files if not file.name.endswith(PARTS[:2]))


def size(path: Path) -> int:
    """Bytes on disk, with SQLite's write-ahead log."""
    total = 0
    for part in PARTS:
        with suppress(FileNotFoundError):
            total += Path(f"{path}{part}").stat().st_size
    return total


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """A new name is only durable once its folder is synced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, exclusive: bool) -> bool:
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
