"""SQLite files must not be inherited by a fork: their locks and state belong to the parent.

So they are closed before a fork, while nobody uses them, and opened again when
needed, in the parent and in the child.
"""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet

LOCK_SECONDS = 1.0
"""How long a fork waits for a thread that is writing."""


class Guarded(Protocol):
    """An object with a file that is used only while its lock is held."""

    lock: threading.Lock

    def close_locked(self) -> None:
        """Close the file; the lock is held."""


_guarded: WeakSet[Guarded] = WeakSet()
_locked: list[Guarded] = []


def guard(owner: Guarded) -> None:
    """Close its file before each fork from now on."""
    _guarded.add(owner)


def _before() -> None:
    for owner in list(_guarded):
        if owner.lock.acquire(timeout=LOCK_SECONDS):
            _locked.append(owner)
            owner.close_locked()


def _after() -> None:
    while _locked:
        _locked.pop().lock.release()


os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
