"""What a fork must not inherit: an open file of SQLite's, whose locks and bookkeeping are its parent's.

So the files are closed before a fork, while nobody uses them, and opened again by
whoever needs them, in the parent and in the child.
"""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet

PATIENCE = 1.0
"""Seconds that a fork waits for a thread that is writing."""


class Guarded(Protocol):
    """Something with a file that is open only while, or after, its lock is held."""

    lock: threading.Lock

    def close_held(self) -> None:
        """Close the file; the lock is held."""


_known: WeakSet[Guarded] = WeakSet()
_held: list[Guarded] = []


def guard(found: Guarded) -> None:
    """Close its file before each fork from now on."""
    _known.add(found)


def _before() -> None:
    for found in list(_known):
        if found.lock.acquire(timeout=PATIENCE):
            _held.append(found)
            found.close_held()


def _after() -> None:
    while _held:
        _held.pop().lock.release()


os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
