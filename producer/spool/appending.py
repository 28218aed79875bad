"""Messages into the file: one commit for all threads that wait for it, as a commit costs the disk's time."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextlib import suppress

from trailkeeper.producer.errors import SpoolUnavailable

from .file import Opened, SpoolFile

PUT = "INSERT INTO messages (spooled_at, place, tag, fields) VALUES (?, ?, ?, ?)"
MOST = 500
LEAST_WAIT = 0.1
"""Seconds that a message may wait for others, however little of its time is left: that of some commits."""
LOOK_SECONDS = 0.002
"""How often who waits looks whether the file is free; mostly it is told."""

Values = tuple[int, str, str, bytes]


class _Row:
    __slots__ = ("is_written", "values", "woken")

    def __init__(self, values: Values) -> None:
        self.values = values
        self.woken = threading.Event()
        self.is_written = False


class Appender:
    """Whoever finds the file free writes what all others are waiting to write.

    Args:
        file: where to.
    """

    def __init__(self, file: SpoolFile) -> None:
        self._file = file
        self._waiting: deque[_Row] = deque()
        self._pid = os.getpid()

    def append(self, values: Values, deadline: float) -> None:
        """Write a row; when this returns, it is committed.

        Raises:
            SpoolUnavailable: it was not written, or its time was over while another thread was at it.
        """
        if self._pid != os.getpid():  # what waited at the fork is the parent's
            self._pid, self._waiting = os.getpid(), deque()
        row = _Row(values)
        deadline = max(deadline, time.monotonic() + LEAST_WAIT)
        self._waiting.append(row)
        try:
            while not row.is_written:
                if self._file.lock.acquire(blocking=False):
                    self._lead(row, deadline)
                    return
                self._rest(row, deadline)
        finally:
            self._forget(row)

    def _lead(self, row: _Row, deadline: float) -> None:
        written: list[_Row] = []
        try:
            # another leader may have written it just before the lock was ours
            if not row.is_written:
                written = self._file.do_held(lambda opened: self._write(opened, row), deadline)
        finally:
            # before others may lead: who finds a row unmarked writes it
            for each in written:
                each.is_written = True
                self._forget(each)
            self._file.lock.release()
            for each in written:
                each.woken.set()
            with suppress(IndexError):  # nobody waits
                self._waiting[0].woken.set()

    def _rest(self, row: _Row, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise SpoolUnavailable(f"{self._file.path} is busy: other threads were writing all the time")
        row.woken.wait(min(left, LOOK_SECONDS))
        row.woken.clear()

    def _write(self, opened: Opened, mine: _Row) -> list[_Row]:
        rows = [mine, *(row for row in list(self._waiting)[:MOST] if row is not mine)]
        connection = opened.connection
        if len(rows) == 1:
            connection.execute(PUT, mine.values).close()
            return rows
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(PUT, [row.values for row in rows])
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return rows

    def _forget(self, row: _Row) -> None:
        with suppress(ValueError):  # it was taken off already
            self._waiting.remove(row)
