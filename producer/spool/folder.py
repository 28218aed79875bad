"""The files beside the spool: made private, locked for a moment, set aside when damaged."""

from __future__ import annotations

import fcntl
import glob
import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from trailkeeper.producer.errors import SpoolUnavailable

from . import forks, ownership

logger = logging.getLogger("trailkeeper")

ASIDE = ".broken-"
FORKED = ".forked-"
PARTS = ("-wal", "-shm", "")
"""SQLite's files, the database last: if we die while renaming them, it is still found."""
POLL_SECONDS = 0.001


Identity = tuple[int, int]
"""Device and inode: which file it is, whatever its name."""


def identity(path: Path) -> Identity | None:
    """Which file has this path now; None if there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def make(path: Path) -> None:
    """Create an empty file that only its owner can read, and its folders likewise, unless they exist.

    Raises:
        SpoolUnavailable: somebody else may have made one of them.
        OSError: it cannot be made.
    """
    _make_folder(path.parent)
    check(path)
    with suppress(FileExistsError):
        # not opened: closing a database's file drops every lock of this process on it
        os.mknod(path, 0o600 | stat.S_IFREG)
        _sync_folder(path.parent)
    check(path)


def check(path: Path) -> None:
    """Let pass only files, and a folder, that no other user can have made or can change.

    Raises:
        SpoolUnavailable: names the path, its owner and what to do.
    """
    try:
        ownership.check_folder(path.parent)
        for part in PARTS:
            ownership.check_file(Path(f"{path}{part}"))
    except OSError as error:
        raise SpoolUnavailable(f"{path}: {error}") from error


def problem(path: Path) -> str | None:
    """Why the file would not be used; None if it would, or if its folder is not there yet."""
    try:
        check(path)
    except SpoolUnavailable as error:
        return str(error) if path.parent.exists() else None
    return None


def beside(path: Path) -> list[Path]:
    """The files of this user that forked children had to begin, as they could not use *path*."""
    files = path.parent.glob(f"{glob.escape(path.stem)}{FORKED}*{path.suffix}")
    return sorted(file for file in files if ownership.is_ours(file))


def usable(path: Path) -> Path:
    """The file to use: *path*, or the first beside it that was not left to a parent."""
    number, file = 0, path
    while forks.is_left(file):
        number += 1
        file = path.with_name(f"{path.stem}{FORKED}{number}{path.suffix}")
    return file


@contextmanager
def locked(path: Path, deadline: float, *, exclusive: bool) -> Iterator[None]:
    """Hold the lock: shared to open the file, exclusive to set it aside. Released if the process dies.

    Raises:
        SpoolUnavailable: the lock was not free in time.
        OSError: there is no such folder, or it is not writable.
    """
    with forks.private(Path(f"{path}-lock")) as descriptor:
        while not _lock(descriptor, exclusive=exclusive):
            if time.monotonic() >= deadline:
                raise SpoolUnavailable(f"{path} is busy: other processes kept opening it")
            time.sleep(POLL_SECONDS)
        yield


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


def remove(path: Path) -> None:
    """Remove a file and its companions, which takes no room. Needs the exclusive lock.

    Raises:
        OSError: it cannot be removed.
    """
    for part in PARTS:
        Path(f"{path}{part}").unlink(missing_ok=True)


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
