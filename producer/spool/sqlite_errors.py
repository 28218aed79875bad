"""The one place where what can go wrong with SQLite becomes `SpoolUnavailable`."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from trailkeeper.producer.errors import SpoolUnavailable

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

BUSY, CORRUPT, FULL, PROTOCOL, NOT_A_DATABASE = 5, 11, 13, 15, 26
MOVED = 1032
"""Primary result codes, and the extended one of a file that was renamed or removed."""

FIRST_PAUSE, LONGEST_PAUSE = 0.000_2, 0.003
"""Seconds. SQLite's own waits grow to a tenth of a second, in which all others overtake who is unlucky."""


class NoRoom(SpoolUnavailable):
    """The disk is full, or the file as large as it may become."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is not what SQLite wrote."""
    return _code(error) in {CORRUPT, NOT_A_DATABASE}


def was_moved(error: sqlite3.Error) -> bool:
    """Whether the file is no longer where it was opened."""
    return getattr(error, "sqlite_errorcode", 0) == MOVED


def unavailable(path: object, error: Exception) -> SpoolUnavailable:
    """What to raise in place of an error."""
    code = _code(error)
    if code == BUSY:
        return SpoolUnavailable(f"{path} is busy: others were writing all the time")
    if code == FULL or getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT}:
        return NoRoom(f"{path}: no room is left on the disk")
    return SpoolUnavailable(f"{path}: {str(error) or type(error).__name__}")


def patiently(work: Callable[[], T], deadline: float) -> T:
    """Do something, again and again while another process is writing.

    Args:
        work: all or nothing, so that it may be repeated.
        deadline: on `time.monotonic`'s clock.

    Raises:
        sqlite3.Error: it failed otherwise, or still at the deadline.
    """
    import sqlite3  # noqa: PLC0415 - who never spools does not pay for it

    pause = FIRST_PAUSE
    while True:
        try:
            return work()
        except sqlite3.OperationalError as error:
            if _code(error) not in {BUSY, PROTOCOL} or time.monotonic() >= deadline:
                raise
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _code(error: Exception) -> int:
    """The primary result code; 0 where the module itself complains."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
