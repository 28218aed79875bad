"""The files beside the spool's: made private, locked for a moment, set aside when damaged."""

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
"""What SQLite keeps beside a database. The database comes last, so that a death leaves it to be found."""
LOOK_SECONDS = 0.001


Identity = tuple[int, int]
"""Which file it is, whatever it is called."""


def identity(path: Path) -> Identity | None:
    """Which file is there now; None where none can be found."""
    try:
        found = os.stat(path)  # noqa: PTH116 - it is asked for each message
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make(path: Path) -> None:
    """An empty file that only its owner reads, and folders likewise, where there are none.

    Raises:
        OSError: it cannot be made.
    """
    _make_folder(path.parent)
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.new-{os.getpid()}")
    # linked rather than opened: to close a database's file drops every lock of this process on it
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600))
    try:
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    _settle(path.parent)


@contextmanager
def locked(path: Path, deadline: float, *, alone: bool) -> Iterator[None]:
    """Hold the lock under which the file is opened (with others) or set aside (alone); gone with the process.

    Raises:
        SpoolUnavailable: it was not free in time.
        OSError: there is no such folder, or it cannot be written to.
    """
    held = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _take(held, alone=alone):
            if time.monotonic() >= deadline:
                raise SpoolUnavailable(f"{path} is being opened by others all the time")
            time.sleep(LOOK_SECONDS)
        yield
    finally:
        os.close(held)


def set_aside(path: Path, problem: object) -> None:
    """Give a damaged file and what belongs to it another name, with the time. Call it under the lock, alone.

    Raises:
        OSError: it cannot be renamed.
    """
    name = f"{path}{ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    for part in PARTS:
        with suppress(FileNotFoundError):
            Path(f"{path}{part}").rename(f"{name}{part}")
    logger.error("spool_damaged: %s is set aside as %s, and a new one begun: %s", path, name, problem)


def aside(path: Path) -> list[Path]:
    """The damaged files that were set aside, oldest first."""
    found = path.parent.glob(f"{path.name}{ASIDE}*")
    return sorted(each for each in found if not each.name.endswith(PARTS[:2]))


def size(path: Path) -> int:
    """Bytes on disk, SQLite's log included."""
    found = 0
    for part in PARTS:
        with suppress(FileNotFoundError):
            found += Path(f"{path}{part}").stat().st_size
    return found


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _settle(folder.parent)


def _settle(folder: Path) -> None:
    """A name is on the disk only once its folder is."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _take(held: int, *, alone: bool) -> bool:
    try:
        fcntl.flock(held, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
