"""The SQLite file that all processes of a host share: opened when needed, replaced when damaged."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from trailkeeper.producer.errors import SpoolUnavailable

from . import folder, forks
from .folder import Identity
from .schema import Limits, connect
from .sqlite_errors import is_damage, retry_while_busy, unavailable, was_moved

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

TRIES = 3


class Opened(NamedTuple):
    """A connection, the file it is to, and the process that opened it."""

    connection: sqlite3.Connection
    identity: Identity
    pid: int


class SpoolFile:
    """This process's access to the file; one thread at a time.

    Args:
        path: of the file; made by the first use. A forked child may have to use one beside it.
        limits: see `Limits`.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self.limits = limits
        self.lock = threading.Lock()
        self._opened: Opened | None = None
        forks.guard(self)

    @property
    def path(self) -> Path:
        """The file in use."""
        return folder.usable(self._path)

    def all(self) -> Iterator[SpoolFile]:
        """This one, and those beside it that forked children had to begin; closed by turns."""
        yield self
        for path in folder.beside(self._path):
            if path != self.path and not forks.is_left(path):
                with closing(SpoolFile(path, self.limits)) as file:
                    yield file

    def run(self, work: Callable[[Opened], T], deadline: float) -> T:
        """Run one statement or one transaction on the file.

        It is repeated where the file was damaged, or replaced meanwhile by another process.

        Args:
            work: what to do; all or nothing.
            deadline: on `time.monotonic`'s clock; how long to wait for other threads and processes.

        Raises:
            SpoolUnavailable: it was not done.
        """
        lock = self.lock  # a forked child has another one
        if not lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise SpoolUnavailable(f"{self.path} is busy: other threads kept writing")
        try:
            return self.run_locked(work, deadline)
        finally:
            lock.release()

    def run_locked(self, work: Callable[[Opened], T], deadline: float) -> T:
        """`run`, for a thread that holds the lock."""
        import sqlite3  # noqa: PLC0415 - loaded only where something is spooled

        for _ in range(TRIES):
            identity = folder.identity(self.path)
            try:
                opened = self._open(identity, deadline)
                result = retry_while_busy(lambda: work(opened), deadline)  # noqa: B023 - called at once
            except sqlite3.Error as error:
                self._recover(error, identity, deadline)
                continue
            except OSError as error:
                raise unavailable(self.path, error) from error
            # what was written to a file that was renamed meanwhile would never be delivered
            if opened.identity == folder.identity(self.path):
                return result
        raise SpoolUnavailable(f"{self.path} is damaged or replaced again and again")

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self.lock:
            self.close_locked()

    def close_locked(self) -> None:
        """See `forks.Guarded`."""
        opened = self.forget()
        if opened is None:
            return
        if opened.pid == os.getpid():
            opened.connection.close()
        else:  # forked without Python's hooks
            forks.leave(self.path, opened)

    def forget(self) -> Opened | None:
        """See `forks.Guarded`."""
        opened, self._opened = self._opened, None
        return opened

    def __del__(self) -> None:
        if hasattr(self, "_opened"):
            self.close_locked()

    def _open(self, identity: Identity | None, deadline: float) -> Opened:
        opened = self._opened
        if opened is not None and opened.pid == os.getpid() and opened.identity == identity:
            return opened
        self.close_locked()
        folder.make(self.path)
        with folder.locked(self.path, deadline, exclusive=False):
            identity = folder.identity(self.path)
            if identity is None:
                raise SpoolUnavailable(f"{self.path} is removed again and again")
            self._opened = Opened(connect(self.path, self.limits, deadline), identity, os.getpid())
        return self._opened

    def _recover(self, error: sqlite3.Error, identity: Identity | None, deadline: float) -> None:
        """Make the next try find a usable file, or raise.

        Raises:
            SpoolUnavailable: another file would not help.
        """
        if not is_damage(error) and not was_moved(error):
            # kept open: on a full disk it could not be opened again
            raise unavailable(self.path, error) from error
        self.close_locked()
        if was_moved(error):
            return
        try:
            with folder.locked(self.path, deadline, exclusive=True):
                if identity == folder.identity(self.path):  # no other process was faster
                    folder.set_aside(self.path, error)
        except OSError as problem:
            raise unavailable(self.path, problem) from problem
