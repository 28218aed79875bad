"""Delivering the spool: in order, in batches, by one process of a host at a time."""

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

from . import forks
from .queue import BATCH, LastSent, Queue, SpoolBatch
from .sqlite_errors import NotWritable

BATCH_SECONDS = 10.0
"""How long Redis may take over one batch."""
FILE_SECONDS = 5.0
"""How long to wait for threads and processes that are writing to the file."""


class TakesMany(Protocol):
    """The part of a `Transport` that is needed here."""

    def send_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        """See `Transport.send_all`."""


class FlushInProgress(Exception):  # noqa: N818 - what it says
    """Another process, or another thread, is delivering the spool."""


class _Progress:
    """What this process knows of one queue from one delivery to the next.

    Attributes:
        sent: what the stream has, and could not be removed from a file that nothing can be written to.
        failed: whether the stream did not confirm the last batch, and may have it all the same.
    """

    __slots__ = ("failed", "sent")

    def __init__(self) -> None:
        self.sent: LastSent | None = None
        self.failed = False


_progress: dict[tuple[Path, str], _Progress] = {}
"""By file and stream; used by the thread that delivers."""

_thread_lock = threading.Lock()
"""Held by the one thread of this process that delivers: the lock on the file belongs to the process."""


def flush(queue: Queue, stream: TakesMany) -> int:
    """Deliver all messages of a queue.

    A message is removed once the stream has it. If the process dies in between, it is
    delivered again, and the event's unique id keeps it from being stored twice.

    Where nothing can be written to the file, as the disk is full, the process remembers what the stream has,
    and removes the file once that is all.

    Returns:
        How many were delivered.

    Raises:
        FlushInProgress: another process or thread is delivering.
        StreamUnavailable: the stream does not take them; what it took is removed.
        SpoolUnavailable: they cannot be read or removed.
    """
    if not queue.file.path.exists():
        queue.file.close()  # removed by another process: what is open keeps its room on the disk
        return 0
    delivered = 0
    with _flush_lock(queue.file.path):
        progress = _progress.setdefault((queue.file.path, queue.place), _Progress())
        while (batch := _next(queue, progress)).entries:
            progress.failed = True  # until it is known
            count = stream.send_all(batch.entries, time.monotonic() + BATCH_SECONDS)
            progress.failed = False
            _remove(queue, batch, count, progress)
            delivered += count
            if count < len(batch.entries):
                raise StreamUnavailable(f"Redis took {count} of {len(batch.entries)} events from the spool")
        if delivered or progress.sent:
            _shrink(queue, progress)
    return delivered


def _next(queue: Queue, progress: _Progress) -> SpoolBatch:
    # a batch that is not confirmed may be in the stream each time that it is sent
    return queue.oldest(_file_deadline(), progress.sent, 1 if progress.failed else BATCH)


def _remove(queue: Queue, batch: SpoolBatch, count: int, progress: _Progress) -> None:
    try:
        queue.remove(batch, count, _file_deadline())
    except NotWritable:
        progress.sent = LastSent(batch.numbers[count - 1], batch.entries[count - 1])


def _shrink(queue: Queue, progress: _Progress) -> None:
    """Free the room on the disk. What can be written may not be enough, but a file can be removed."""
    try:
        if progress.sent is not None:
            queue.forget(progress.sent, _file_deadline())
            progress.sent = None
        queue.shrink(_file_deadline())
    except NotWritable:
        if queue.drop(progress.sent, _file_deadline()):
            progress.sent = None


def _file_deadline() -> float:
    return time.monotonic() + FILE_SECONDS


@contextmanager
def _flush_lock(path: Path) -> Iterator[None]:
    """A lock that ends with the process, and that its children do not inherit."""
    # waits: what was spooled while another thread was finishing has yet to be delivered
    if not _thread_lock.acquire(timeout=FILE_SECONDS):
        raise FlushInProgress("another thread is delivering the spool")
    try:
        with forks.private(Path(f"{path}-flush")) as descriptor:
            _lock_file(descriptor)
            yield
    finally:
        _thread_lock.release()


def _lock_file(descriptor: int) -> None:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise FlushInProgress("another process is delivering the spool") from error


def _in_child() -> None:
    """After a fork: the thread that held the lock, if any, is in the parent."""
    global _thread_lock  # noqa: PLW0603 - a lock that was held at the fork would stay held for ever
    _thread_lock = threading.Lock()


os.register_at_fork(after_in_child=_in_child)
