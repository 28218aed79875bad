"""The messages in the file: appended one by one, read and removed from the front."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from trailkeeper.producer.errors import SpoolUnavailable

from .appending import Appender
from .file import Opened, SpoolFile
from .folder import Identity
from .packing import pack, unpack
from .sqlite_errors import NoRoom

BATCH = 500
BATCH_BYTES = 1024 * 1024
PAGES_FOR_ORDER = 4
"""What SQLite may need for its own order beside a message."""
PAGES_AT_ONCE = 2000
"""How much is given back in one transaction: others wait for it."""

OLDEST = "SELECT number, fields FROM messages WHERE place = ? ORDER BY number LIMIT ?"
REMOVE = "DELETE FROM messages WHERE place = ? AND number BETWEEN ? AND ?"
REFUSED = "UPDATE counts SET value = value + 1 WHERE name = 'refused'"


class SpoolBatch(NamedTuple):
    """Messages from the front, oldest first: of which file, their numbers there, their fields."""

    identity: Identity
    numbers: list[int]
    entries: list[dict[bytes, bytes]]


class Queue:
    """The messages for one place.

    Args:
        file: where they are kept.
        place: which stream they are for; others' are left alone.
    """

    def __init__(self, file: SpoolFile, place: str) -> None:
        self.file = file
        self.place = place
        self._appender = Appender(file)

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
        """See `Spool.put`."""
        row = (time.time_ns() // 1_000_000, self.place, tag, pack(fields))
        try:
            self._appender.append(row, deadline)
        except NoRoom as error:
            raise self._refused(error, len(row[-1]), deadline) from error

    def oldest(self, deadline: float) -> SpoolBatch:
        """The next messages to deliver, at most `BATCH`, and few enough bytes for one go.

        Raises:
            SpoolUnavailable: they cannot be read.
        """
        return self.file.do(lambda opened: _oldest(opened, self.place), deadline)

    def remove(self, batch: SpoolBatch, count: int, deadline: float) -> None:
        """Forget the first *count* messages of a batch: the stream has them.

        Raises:
            SpoolUnavailable: they are still there.
        """
        if not count:
            return
        values = (self.place, batch.numbers[0], batch.numbers[count - 1])

        def work(opened: Opened) -> None:
            if opened.identity != batch.identity:
                # in a file that was begun meanwhile, the same numbers are other messages
                raise SpoolUnavailable(f"{self.file.path} was replaced while messages were delivered")
            opened.connection.execute(REMOVE, values)

        self.file.do(work, deadline)

    def shrink(self, deadline: float) -> None:
        """Give the disk back what an outage took; nothing of what was delivered stays in the file.

        Raises:
            SpoolUnavailable: it was not done.
        """
        while self.file.do(_shrink, deadline):
            pass

    def _refused(self, error: NoRoom, size: int, deadline: float) -> SpoolUnavailable:
        """Count it, where that is possible, and say what there is no room in."""
        with suppress(SpoolUnavailable):
            if self.file.do(lambda opened: _count_if_full(opened, size), deadline):
                most = self.file.limits.max_mb
                return NoRoom(f"{self.file.path} is full: {most} MB (TRAILKEEPER_SPOOL_MAX_MB)")
        return error


def _oldest(opened: Opened, place: str) -> SpoolBatch:
    batch = SpoolBatch(opened.identity, [], [])
    size = 0
    cursor = opened.connection.execute(OLDEST, (place, BATCH))
    try:
        for number, packed in cursor:
            batch.numbers.append(number)
            batch.entries.append(unpack(packed))
            size += len(packed)
            if size > BATCH_BYTES:
                break
    finally:
        cursor.close()
    return batch


def _count_if_full(opened: Opened, size: int) -> bool:
    """Count a message of so many bytes that was refused; whether the cap is why, and not the disk."""
    page, pages, free, most = (
        opened.connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "page_count", "freelist_count", "max_page_count")
    )
    opened.connection.execute(REFUSED)
    return bool(pages - free + size // page + PAGES_FOR_ORDER >= most)


def _shrink(opened: Opened) -> bool:
    """Whether there is more to give back."""
    run = opened.connection.execute
    if run("SELECT 1 FROM messages LIMIT 1").fetchone():
        return False
    run(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})").fetchall()
    if run("PRAGMA freelist_count").fetchone()[0]:
        return True
    run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return False
