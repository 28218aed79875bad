"""One file of SQLite's, shared by all processes of a host: opened lazily, begun anew when it is damaged."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from trailkeeper.producer.errors import SpoolUnavailable

from . import folder, forks
from .folder import Identity
from .schema import Limits, connect
from .sqlite_errors import is_damage, patiently, unavailable, was_moved

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

TRIES = 3


class Opened(NamedTuple):
    """A connection, which file it is to, and in which process it was made."""

    connection: sqlite3.Connection
    identity: Identity
    pid: int


class SpoolFile:
    """This process' access to the file; its threads take turns.

    Args:
        path: of the file; made by the first use.
        limits: see `Limits`.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.lock = threading.Lock()
        self._opened: Opened | None = None
        forks.guard(self)

    def do(self, work: Callable[[Opened], T], deadline: float) -> T:
        """Do something with the file: one statement, or one transaction.

        It is done again where the file was damaged, or set aside meanwhile by another process.

        Args:
            work: what to do; all or nothing.
            deadline: on `time.monotonic`'s clock, for waiting until others are done.

        Raises:
            SpoolUnavailable: it was not done.
        """
        with self._turn(deadline):
            return self.do_held(work, deadline)

    def do_held(self, work: Callable[[Opened], T], deadline: float) -> T:
        """The same, by a thread that holds the lock."""
        import sqlite3  # noqa: PLC0415 - who never spools does not pay for it

        for _ in range(TRIES):
            seen = folder.identity(self.path)
            try:
                opened = self._current(seen, deadline)
                done = patiently(lambda: work(opened), deadline)  # noqa: B023 - called at once
            except sqlite3.Error as error:
                self._mend(error, seen, deadline)
                continue
            except OSError as error:
                raise unavailable(self.path, error) from error
            # what was done to a file that was renamed under our hands is done to nobody's
            if opened.identity == folder.identity(self.path):
                return done
        raise SpoolUnavailable(f"{self.path} is damaged or replaced again and again")

    def close(self) -> None:
        """Close it; what comes next opens it again."""
        with self.lock:
            self.close_held()

    def close_held(self) -> None:
        """See `forks.Guarded`."""
        opened, self._opened = self._opened, None
        if opened is not None and opened.pid == os.getpid():
            opened.connection.close()

    def __del__(self) -> None:
        if hasattr(self, "_opened"):
            self.close_held()

    @contextmanager
    def _turn(self, deadline: float) -> Iterator[None]:
        if not self.lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise SpoolUnavailable(f"{self.path} is busy: other threads were writing all the time")
        try:
            yield
        finally:
            self.lock.release()

    def _current(self, seen: Identity | None, deadline: float) -> Opened:
        opened = self._opened
        if opened is not None and opened.pid != os.getpid():
            # forked by something that Python does not know of: its locks and ours cannot be told apart
            raise SpoolUnavailable(f"{self.path} was open when this process was forked")
        if opened is not None and opened.identity == seen:
            return opened
        self.close_held()
        folder.make(self.path)
        with folder.locked(self.path, deadline, alone=False):
            identity = folder.identity(self.path)
            if identity is None:
                raise SpoolUnavailable(f"{self.path} is removed again and again")
            self._opened = Opened(connect(self.path, self.limits, deadline), identity, os.getpid())
        return self._opened

    def _mend(self, error: sqlite3.Error, seen: Identity | None, deadline: float) -> None:
        """Have the next try find a file that can be used, or raise.

        Raises:
            SpoolUnavailable: nothing of ours would help.
        """
        if not is_damage(error) and not was_moved(error):
            # kept open: on a full disk it could not be opened again
            raise unavailable(self.path, error) from error
        self.close_held()
        if was_moved(error):
            return
        try:
            with folder.locked(self.path, deadline, alone=True):
                if seen == folder.identity(self.path):  # nobody was faster
                    folder.set_aside(self.path, error)
        except OSError as problem:
            raise unavailable(self.path, problem) from problem
