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
from .sqlite_errors import is_damage, is_not_writable, retry_while_busy, unavailable, was_moved

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

TRIES = 3


class Opened(NamedTuple):
    """A connection, the file it is to, the process that opened it, and whether that keeps all others out."""

    connection: sqlite3.Connection
    identity: Identity
    pid: int
    alone: bool = False


class _RemovedError(Exception):
    """The file is removed: nothing is to be tried again on the next one."""


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

    @property
    def is_open(self) -> bool:
        """Whether this process has it open, also where it is removed."""
        return self._opened is not None

    def all(self) -> Iterator[SpoolFile]:
        """This one, and those beside it that forked children had to begin; closed by turns."""
        yield self
        for path in folder.beside(self._path):
            if path != self.path and not forks.is_left(path):
                with closing(SpoolFile(path, self.limits)) as file:
                    yield file

    def run(self, work: Callable[[Opened], T], deadline: float, *, may_be_alone: bool = False) -> T:
        """Run one statement or one transaction on the file.

        It is repeated where the file was damaged, or replaced meanwhile by another process.

        Args:
            work: what to do; all or nothing.
            deadline: on `time.monotonic`'s clock; how long to wait for other threads and processes.
            may_be_alone: keep other processes out meanwhile, if the disk has no room to share the file.

        Raises:
            SpoolUnavailable: it was not done.
        """
        lock = self.lock  # a forked child has another one
        if not lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise SpoolUnavailable(f"{self.path} is busy: other threads kept writing")
        try:
            return self.run_locked(work, deadline, may_be_alone=may_be_alone)
        finally:
            lock.release()

    def run_locked(self, work: Callable[[Opened], T], deadline: float, *, may_be_alone: bool = False) -> T:
        """`run`, for a thread that holds the lock."""
        import sqlite3  # noqa: PLC0415 - loaded only where something is spooled

        for _ in range(TRIES):
            identity = folder.identity(self.path)
            try:
                opened = self._open(identity, deadline, may_be_alone=may_be_alone)
                result = retry_while_busy(lambda: work(opened), deadline)  # noqa: B023 - called at once
            except sqlite3.Error as error:
                self._recover(error, identity, deadline)
                continue
            except OSError as error:
                raise unavailable(self.path, error) from error
            finally:
                if self._opened is not None and self._opened.alone:
                    self.close_locked()
            # what was written to a file that was renamed meanwhile would never be delivered
            if opened.identity == folder.identity(self.path):
                return result
        raise SpoolUnavailable(f"{self.path} is damaged or replaced again and again")

    def drop(self, may_go: Callable[[Opened], bool], deadline: float) -> bool:
        """Remove the file while nobody writes to it; the next use begins another one.

        Args:
            may_go: whether nothing in it is needed any more.
            deadline: as of `run`.

        Returns:
            Whether it is removed.

        Raises:
            SpoolUnavailable: it could not be found out, or not be done.
        """

        def work(opened: Opened) -> None:
            with folder.locked(self.path, deadline, exclusive=True):  # nobody opens it meanwhile
                if opened.identity != folder.identity(self.path):
                    return
                opened.connection.execute("BEGIN IMMEDIATE")  # nor writes to it
                try:
                    if not may_go(opened):
                        return
                    folder.remove(self.path)
                finally:
                    # whoever waited to write finds that it is another file, and writes to that
                    opened.connection.execute("ROLLBACK")
            raise _RemovedError

        try:
            self.run(work, deadline, may_be_alone=True)
        except _RemovedError:
            self.close()
            return True
        return False

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

    def _open(self, identity: Identity | None, deadline: float, *, may_be_alone: bool = False) -> Opened:
        opened = self._opened
        if opened is not None and opened.pid == os.getpid() and opened.identity == identity:
            return opened
        self.close_locked()
        folder.make(self.path)
        with folder.locked(self.path, deadline, exclusive=False):
            if folder.identity(self.path) is None:  # removed by another process until we had the lock
                folder.make(self.path)
            identity = folder.identity(self.path)
            if identity is None:
                raise SpoolUnavailable(f"{self.path} is removed again and again")
            self._opened = self._connected(identity, deadline, may_be_alone=may_be_alone)
        return self._opened

    def _connected(self, identity: Identity, deadline: float, *, may_be_alone: bool) -> Opened:
        import sqlite3  # noqa: PLC0415 - loaded only where something is spooled

        try:
            return Opened(connect(self.path, self.limits, deadline), identity, os.getpid())
        except sqlite3.Error as error:
            if not may_be_alone or not is_not_writable(error):
                raise
        connection = connect(self.path, self.limits, deadline, alone=True)
        return Opened(connection, identity, os.getpid(), alone=True)

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
