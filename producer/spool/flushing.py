"""Delivering what the spool holds: in its order, batch by batch, by one process of a host at a time."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from trailkeeper.producer.errors import StreamUnavailable

from .queue import Queue

FILE_SECONDS = 5.0
"""The longest to wait for those who are writing."""


class Batches(Protocol):
    """Puts messages into the stream, many at once."""

    def send(self, entries: Sequence[Mapping[bytes, bytes]]) -> int:
        """Append messages in order; returns how many were taken, from the first on.

        Raises:
            StreamUnavailable: the stream took none.
        """


class FlushInProgress(Exception):  # noqa: N818 - what it says
    """Another process, or another thread, is delivering what the spool holds."""


_here = threading.Lock()
"""Held by the one thread of this process that delivers: the lock on the file is the process's."""


def flush(queue: Queue, batches: Batches) -> int:
    """Deliver all messages for the queue's place.

    A message is removed once the stream has it. A death in between delivers it again, and
    the event's unique id makes one of the two.

    Returns:
        How many were delivered.

    Raises:
        FlushInProgress: somebody else is at it.
        StreamUnavailable: the stream does not take them; what it took is removed.
        SpoolUnavailable: they cannot be read or removed.
    """
    if not queue.file.path.exists():
        return 0
    delivered = 0
    with _alone(queue.file.path):
        while (batch := queue.oldest(_soon())).entries:
            taken = batches.send(batch.entries)
            queue.remove(batch, taken, _soon())
            delivered += taken
            if taken < len(batch.entries):
                raise StreamUnavailable(f"Redis took {taken} of {len(batch.entries)} events from the spool")
        if delivered:
            queue.shrink(_soon())
    return delivered


def _soon() -> float:
    return time.monotonic() + FILE_SECONDS


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """A lock that is gone with the process, and that its children do not inherit."""
    # what was spooled while another thread was just finishing is still to be delivered
    if not _here.acquire(timeout=FILE_SECONDS):
        raise FlushInProgress("another thread delivers what the spool holds")
    try:
        held = os.open(f"{path}-flush", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(held)
            yield
        finally:
            os.close(held)
    finally:
        _here.release()


def _take(held: int) -> None:
    try:
        fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise FlushInProgress("another process delivers what the spool holds") from error


def _in_child() -> None:
    """The thread that held it, if any, is the parent's."""
    global _here  # noqa: PLW0603 - a lock that was held at the fork would be held for ever
    _here = threading.Lock()


os.register_at_fork(after_in_child=_in_child)
