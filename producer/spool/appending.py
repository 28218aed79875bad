"""Messages into the file: one commit for all threads that wait for one, as a commit costs a disk flush."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextlib import suppress

from trailkeeper.producer.errors import SpoolUnavailable

from .file import Opened, SpoolFile
from .schema import transaction

INSERT = "INSERT INTO messages (spooled_at, place, tag, fields) VALUES (?, ?, ?, ?)"
MAX_ROWS = 500  # of one commit
MIN_WAIT = 0.1
"""Seconds that a message may wait for other threads, however close its deadline is: a few commits."""
EXTRA_SECONDS = 1.0
"""How long it may wait beyond its deadline while those before it are being written, as in a burst."""
POLL_SECONDS, LATER_SECONDS = 0.002, 0.05
"""How often the first in line looks for a free file, and the others do; usually they are woken before."""

Values = tuple[int, str, str, bytes]


class _Row:
    __slots__ = ("is_written", "values", "woken")

    def __init__(self, values: Values) -> None:
        self.values = values
        self.woken = threading.Event()
        self.is_written = False


class Appender:
    """Group commit: the thread that gets the lock writes the rows of all threads that wait for it.

    Args:
        file: the file to write to.
    """

    def __init__(self, file: SpoolFile) -> None:
        self._file = file
        self._waiting: deque[_Row] = deque()
        self._failures = 0
        self._pid = os.getpid()

    def append(self, values: Values, deadline: float) -> None:
        """Write a row; when this returns, it is committed.

        Raises:
            SpoolUnavailable: it was not written, or its deadline passed while another thread was writing it.
        """
        if self._pid != os.getpid():  # rows that waited at the fork belong to the parent
            self._pid, self._waiting = os.getpid(), deque()
        row = _Row(values)
        deadline = max(deadline, time.monotonic() + MIN_WAIT)
        failures = self._failures
        self._waiting.append(row)
        try:
            while not row.is_written:
                lock = self._file.lock  # a forked child has another one
                if lock.acquire(blocking=False):
                    self._lead(row, lock, deadline)
                    return
                # nobody waits longer because the file cannot be written
                self._wait(row, deadline if failures != self._failures else deadline + EXTRA_SECONDS)
        finally:
            self._forget(row)

    def _lead(self, row: _Row, lock: threading.Lock, deadline: float) -> None:
        written: list[_Row] = []
        try:
            # another leader may have written it just before we got the lock
            if not row.is_written:
                own = max(deadline, time.monotonic() + MIN_WAIT)
                written = self._file.run_locked(lambda opened: self._write(opened, row), own)
        except SpoolUnavailable:
            self._failures += 1
            raise
        finally:
            # before the lock is released: the next leader writes every row that is not marked
            for done in written:
                done.is_written = True
                self._forget(done)
            lock.release()
            for done in written:
                done.woken.set()
            with suppress(IndexError):  # nobody waits
                self._waiting[0].woken.set()

    def _wait(self, row: _Row, deadline: float) -> None:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise SpoolUnavailable(f"{self._file.path} is busy: other threads kept writing")
        is_first = bool(self._waiting) and self._waiting[0] is row
        row.woken.wait(min(seconds, POLL_SECONDS if is_first else LATER_SECONDS))
        row.woken.clear()

    def _write(self, opened: Opened, own: _Row) -> list[_Row]:
        rows = [own, *(row for row in list(self._waiting)[:MAX_ROWS] if row is not own)]
        connection = opened.connection
        if len(rows) == 1:
            connection.execute(INSERT, own.values).close()
            return rows
        with transaction(connection):
            connection.executemany(INSERT, [row.values for row in rows])
        return rows

    def _forget(self, row: _Row) -> None:
        with suppress(ValueError):  # it was removed already
            self._waiting.remove(row)
