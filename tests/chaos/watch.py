"""Watching a room: how long nothing was stored, and how long it takes to be well again."""

from __future__ import annotations

import threading
import time
from typing import Self

from .room import Room

PAUSE = 0.1
WELL_SECONDS = 1.0
"""A backlog of what is sent in so many seconds is no backlog."""

PATIENCE = 180.0


class Watch:
    """Looks on in a thread, past the networks that are being hurt."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.longest_stall = 0.0
        self.most_waiting = 0

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        last, since = -1, time.monotonic()
        while not self._stop.wait(PAUSE):
            taken, backlog = self._room.taken(), self._room.backlog()
            self.most_waiting = max(self.most_waiting, backlog or 0)
            if backlog == 0 or (taken is not None and taken != last):
                last, since = taken or last, time.monotonic()
            self.longest_stall = max(self.longest_stall, time.monotonic() - since)


def recovery(room: Room) -> float:
    """Wait until what arrives is stored as fast as it arrives, or nothing arrives any more.

    Returns:
        The seconds it took.

    Raises:
        TimeoutError: it did not come about.
    """
    began = time.monotonic()
    while room.is_at_work() and not is_well(room):
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError(f"the backlog is still {room.backlog()} after {PATIENCE:g} s")
        time.sleep(PAUSE)
    return time.monotonic() - began


def is_well(room: Room) -> bool:
    """Whether no more waits, in the stream and on disk, than when nothing is wrong."""
    backlog = room.backlog()
    return (
        backlog is not None
        and backlog + room.spooled() <= room.plan.rate * WELL_SECONDS
        and bool(room.pool())
    )
