"""Messages into the file: one commit for all threads that wait for one, as a commit costs a disk flush."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
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


class _RowGroup:
    """What one thread writes: all or nothing."""

    __slots__ = ("is_taken", "is_written", "values", "woken")

    def __init__(self, values: Sequence[Values]) -> None:
        self.values = values
        self.woken = threading.Event()
        self.is_taken = False
        self.is_written = False


class Appender:
    """Group commit: the thread that gets the lock writes the rows of all threads that wait for it.

    Args:
        file: the file to write to.
    """

    def __init__(self, file: SpoolFile) -> None:
        self._file = file
        self._waiting: deque[_RowGroup] = deque()
        self._failures = 0
        self._pid = os.getpid()

    def append(self, values: Sequence[Values], deadline: float, extra_seconds: float = EXTRA_SECONDS) -> None:
        """Write rows in one commit; when this returns, they are committed.

        Raises:
            SpoolUnavailable: they were not written, or the deadline passed while another thread wrote them.
        """
        if self._pid != os.getpid():  # rows that waited at the fork belong to the parent
            self._pid, self._waiting = os.getpid(), deque()
        rows = _RowGroup(values)
        deadline = max(deadline, time.monotonic() + MIN_WAIT)
        failures = self._failures
        self._waiting.append(rows)
        try:
            while not rows.is_written:
                lock = self._file.lock  # a forked child has another one
                if lock.acquire(blocking=False):
                    self._lead(rows, lock, deadline)
                    return
                # nobody waits longer because the file cannot be written
                self._wait(rows, deadline if failures != self._failures else deadline + extra_seconds)
        finally:
            self._forget(rows)

    def _lead(self, rows: _RowGroup, lock: threading.Lock, deadline: float) -> None:
        written: list[_RowGroup] = []
        try:
            # another leader may have written it just before we got the lock
            if not rows.is_written:
                own = max(deadline, time.monotonic() + MIN_WAIT)
                written = self._file.run_locked(lambda opened: self._write(opened, rows), own)
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

    def _wait(self, rows: _RowGroup, deadline: float) -> None:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            busy = SpoolUnavailable(f"{self._file.path} is busy: other threads kept writing")
            busy.may_have_it = rows.is_taken  # by a thread that is writing still
            raise busy
        is_first = bool(self._waiting) and self._waiting[0] is rows
        rows.woken.wait(min(seconds, POLL_SECONDS if is_first else LATER_SECONDS))
        rows.woken.clear()

    def _write(self, opened: Opened, own: _RowGroup) -> list[_RowGroup]:
        taken = self._next(own)
        values = [each for rows in taken for each in rows.values]
        if len(values) == 1:
            opened.connection.execute(INSERT, values[0]).close()
            return taken
        with transaction(opened.connection):
            opened.connection.executemany(INSERT, values)
        return taken

    def _next(self, own: _RowGroup) -> list[_RowGroup]:
        taken, count = [own], len(own.values)
        for rows in list(self._waiting):
            if rows is not own and count < MAX_ROWS:
                rows.is_taken = True
                taken.append(rows)
                count += len(rows.values)
        return taken

    def _forget(self, rows: _RowGroup) -> None:
        with suppress(ValueError):  # it was removed already
            self._waiting.remove(rows)
