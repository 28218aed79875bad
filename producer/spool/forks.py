"""SQLite files must not be inherited by a fork: their locks and state belong to the parent.

So they are closed before a fork, while nobody uses them, and opened again when needed, in the
parent and in the child. Where that cannot wait, as a thread hangs in a write to a slow disk,
SQLite's state in the child is worth nothing for that file: the child leaves it to the parent
and begins another one beside it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from weakref import WeakSet

from . import ownership

FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
LOCK_SECONDS = 1.0
"""How long a fork waits for a thread that is writing."""


class Guarded(Protocol):
    """An object with a file that is used only while its lock is held."""

    lock: threading.Lock

    @property
    def path(self) -> Path:
        """The file it uses now."""

    def close_locked(self) -> None:
        """Close the file; the lock is held."""

    def forget(self) -> object:
        """Do not use what is open any more, nor close it; returns it."""


_guarded: WeakSet[Guarded] = WeakSet()
_locked: dict[int, list[tuple[Guarded, threading.Lock]]] = {}
"""What each thread that is about to fork has locked."""
_left: set[Path] = set()
_descriptors: set[int] = set()


def guard(owner: Guarded) -> None:
    """Close its file before each fork from now on."""
    _guarded.add(owner)


def is_left(path: Path) -> bool:
    """Whether this process left the file to its parent, and must not open it."""
    return path in _left


def leave(path: Path, opened: object) -> None:
    """Never open a file in this process again; what its parent had opened stays as it is, for ever."""
    import ctypes  # noqa: PLC0415 - next to never needed

    _left.add(path)
    # closing it, even when the interpreter ends, would wait for a lock of a thread that is not here
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(opened))


@contextmanager
def private(path: Path) -> Iterator[int]:
    """A descriptor of a file for locks, made if it is missing; a forked child does not keep it open.

    Raises:
        SpoolUnavailable: somebody else may have put the file there.
        OSError: it cannot be opened.
    """
    ownership.check_file(path)  # before it is opened: a FIFO or device must not be
    descriptor = os.open(path, FLAGS, 0o600)
    _descriptors.add(descriptor)
    try:
        yield descriptor
    finally:
        if descriptor in _descriptors:  # still this process's own
            _descriptors.remove(descriptor)
            os.close(descriptor)


def _before() -> None:
    held = _locked[threading.get_ident()] = []
    for owner in list(_guarded):
        lock = owner.lock
        if lock.acquire(timeout=LOCK_SECONDS):
            held.append((owner, lock))
            owner.close_locked()


def _in_parent() -> None:
    for _, lock in _locked.pop(threading.get_ident(), ()):
        lock.release()


def _in_child() -> None:
    """The one thread there is now; what the others were about to do never ends."""
    closed = [owner for held in _locked.values() for owner, _ in held]
    paths = [(owner, owner.path) for owner in _guarded]
    for owner, path in paths:
        opened, was_used = owner.forget(), owner.lock.locked()
        owner.lock = threading.Lock()
        if owner not in closed and (opened or was_used):
            leave(path, opened)
    _locked.clear()
    while _descriptors:
        os.close(_descriptors.pop())


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
