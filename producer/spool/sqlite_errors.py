"""The one place where SQLite's errors become `SpoolUnavailable`."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from trailkeeper.producer.errors import SpoolUnavailable

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

BUSY, READONLY, CORRUPT, FULL, CANNOT_OPEN, PROTOCOL, NOT_A_DATABASE = 5, 8, 11, 13, 14, 15, 26
MOVED = 1032
"""Primary result codes, and the extended one of a file that was renamed or removed."""

CANNOT_WRITE = frozenset({778, 1034, 1546, 4618, 4874, 5386})
"""Extended codes of writing, syncing and cutting a file, and of memory that processes share."""

FIRST_PAUSE, MAX_PAUSE = 0.000_2, 0.003
"""Seconds. SQLite's own pauses grow to a tenth of a second, while every other process overtakes."""


class NotWritable(SpoolUnavailable):
    """Nothing can be written to the file now; what is in it can be read."""


class NoRoom(NotWritable):
    """The disk is full, or the file has reached its limit."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is damaged."""
    return _code(error) in {CORRUPT, NOT_A_DATABASE}


def was_moved(error: sqlite3.Error) -> bool:
    """Whether the file is no longer where it was opened."""
    return getattr(error, "sqlite_errorcode", 0) == MOVED


def is_not_writable(error: Exception) -> bool:
    """Whether it was writing that failed, or making a file beside the database."""
    extended = getattr(error, "sqlite_errorcode", 0)
    return _code(error) in {FULL, READONLY, CANNOT_OPEN} or extended in CANNOT_WRITE


def unavailable(path: object, error: Exception) -> SpoolUnavailable:
    """What to raise instead of an error of SQLite or the operating system."""
    code = _code(error)
    if code == BUSY:
        return SpoolUnavailable(f"{path} is busy: other processes kept writing")
    if code == FULL or getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT}:
        return NoRoom(f"{path}: the disk is full")
    kind = NotWritable if is_not_writable(error) else SpoolUnavailable
    return kind(f"{path}: {str(error) or type(error).__name__}")


def retry_while_busy(work: Callable[[], T], deadline: float) -> T:
    """Do something, and again while another process holds the lock.

    Args:
        work: all or nothing, so that it can be repeated.
        deadline: on `time.monotonic`'s clock.

    Raises:
        sqlite3.Error: it failed otherwise, or was still busy at the deadline.
    """
    import sqlite3  # noqa: PLC0415 - loaded only where something is spooled

    pause = FIRST_PAUSE
    while True:
        try:
            return work()
        except sqlite3.OperationalError as error:
            if _code(error) not in {BUSY, PROTOCOL} or time.monotonic() >= deadline:
                raise
        time.sleep(pause)
        pause = min(pause * 1.5, MAX_PAUSE)


def _code(error: Exception) -> int:
    """The primary result code; 0 where Python's module itself raised."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
