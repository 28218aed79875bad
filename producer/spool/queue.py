"""The messages in the file: appended one by one, read and removed from the front."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from trailkeeper.producer.errors import SpoolUnavailable

from .appending import EXTRA_SECONDS, Appender
from .file import Opened, SpoolFile
from .folder import Identity
from .packing import pack, unpack
from .sqlite_errors import NoRoom

BATCH = 500
BATCH_BYTES = 1024 * 1024
SPARE_PAGES = 4
"""Pages that SQLite may need for its own structures beside a message."""
VACUUM_PAGES = 2000
"""Pages freed in one transaction; other processes wait for it."""

OLDEST = "SELECT number, fields FROM messages WHERE place = ? AND number > ? ORDER BY number LIMIT ?"
ONE = "SELECT fields FROM messages WHERE place = ? AND number = ?"
OTHERS = "SELECT 1 FROM messages WHERE place <> ? OR number > ? LIMIT 1"
REMOVE = "DELETE FROM messages WHERE place = ? AND number BETWEEN ? AND ?"
REFUSED = "UPDATE counts SET value = value + ? WHERE name = 'refused'"


class SpoolBatch(NamedTuple):
    """The oldest messages, in order: the file they are in, their numbers there, their fields."""

    identity: Identity
    numbers: list[int]
    entries: list[dict[bytes, bytes]]


class LastSent(NamedTuple):
    """The last of the messages that the stream has and that could not be removed: its number and fields."""

    number: int
    fields: dict[bytes, bytes]


class Queue:
    """The spooled messages of one stream.

    Args:
        file: where they are kept.
        place: the stream they are for, as `RedisStream.place` names it; messages of others are not touched.
    """

    def __init__(self, file: SpoolFile, place: str) -> None:
        self.file = file
        self.place = place
        self._appender = Appender(file)

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
        """See `Spool.put`."""
        self.put_all([(fields, tag)], deadline)

    def put_all(
        self,
        entries: Sequence[tuple[Mapping[bytes, bytes], str]],
        deadline: float,
        extra_seconds: float = EXTRA_SECONDS,
    ) -> None:
        """See `SpoolsMany.put_all`; waits so much longer for other threads."""
        now = time.time_ns() // 1_000_000
        rows = [(now, self.place, tag, pack(fields)) for fields, tag in entries]
        try:
            self._appender.append(rows, deadline, extra_seconds)
        except NoRoom as error:
            raise self._refused(error, [len(row[-1]) for row in rows], deadline) from error

    def oldest(self, deadline: float, after: LastSent | None = None, most: int = BATCH) -> SpoolBatch:
        """The next messages to deliver, at most *most*, and about `BATCH_BYTES`.

        Args:
            deadline: as of `SpoolFile.run`.
            after: those that the stream has; if the last of them is not there any more, none is left out.
            most: the number of messages.

        Raises:
            SpoolUnavailable: they cannot be read.
        """

        def work(opened: Opened) -> SpoolBatch:
            return _after(opened, self.place, _number(opened, self.place, after), most)

        return self.file.run(work, deadline, may_be_alone=True)

    def remove(self, batch: SpoolBatch, count: int, deadline: float) -> None:
        """Delete the first *count* messages of a batch: the stream has them.

        Raises:
            SpoolUnavailable: they are still there.
        """
        if not count:
            return
        values = (self.place, batch.numbers[0], batch.numbers[count - 1])

        def work(opened: Opened) -> None:
            if opened.identity != batch.identity:
                # in the new file, the same numbers are other messages
                raise SpoolUnavailable(f"{self.file.path} was replaced while its messages were delivered")
            opened.connection.execute(REMOVE, values)

        self.file.run(work, deadline, may_be_alone=True)

    def forget(self, sent: LastSent, deadline: float) -> None:
        """Delete all messages up to the last of those that the stream has.

        Raises:
            SpoolUnavailable: they are still there.
        """

        def work(opened: Opened) -> None:
            opened.connection.execute(REMOVE, (self.place, 0, _number(opened, self.place, sent)))

        self.file.run(work, deadline, may_be_alone=True)

    def drop(self, sent: LastSent | None, deadline: float) -> bool:
        """Remove the file, where nothing can be deleted in it, unless it holds what is not delivered yet.

        Args:
            sent: those that the stream has; None if all of them are deleted.
            deadline: as of `SpoolFile.run`.

        Returns:
            Whether it is removed.

        Raises:
            SpoolUnavailable: it could not be found out, or not be done.
        """

        def may_go(opened: Opened) -> bool:
            values = (self.place, _number(opened, self.place, sent))
            return opened.connection.execute(OTHERS, values).fetchone() is None

        return self.file.drop(may_go, deadline)

    def shrink(self, deadline: float) -> None:
        """Free the disk space that an outage took; no delivered message stays in the file.

        Raises:
            SpoolUnavailable: it was not done.
        """
        while self.file.run(_shrink, deadline, may_be_alone=True):
            pass

    def _refused(self, error: NoRoom, sizes: Sequence[int], deadline: float) -> SpoolUnavailable:
        """Count refused messages, if possible, and say whether the spool is full or the disk."""
        with suppress(SpoolUnavailable):
            if self.file.run(lambda opened: _count_if_full(opened, sizes), deadline):
                limit = self.file.limits.max_mb
                return NoRoom(f"{self.file.path} is full: {limit} MiB (TRAILKEEPER_SPOOL_MAX_MB)")
        return error


def _number(opened: Opened, place: str, sent: LastSent | None) -> int:
    """The number up to which the stream has what is in the file; 0 where that is of another file.

    Numbers begin anew in an empty file, so the message itself has to be there.
    """
    if sent is None:
        return 0
    found = opened.connection.execute(ONE, (place, sent.number)).fetchone()
    return sent.number if found and unpack(found[0]) == sent.fields else 0


def _after(opened: Opened, place: str, sent: int, most: int) -> SpoolBatch:
    batch = SpoolBatch(opened.identity, [], [])
    size = 0
    cursor = opened.connection.execute(OLDEST, (place, sent, most))
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


def _count_if_full(opened: Opened, sizes: Sequence[int]) -> bool:
    """Count refused messages of these bytes; returns whether the spool's own limit was the reason."""
    page, pages, free, limit = (
        opened.connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "page_count", "freelist_count", "max_page_count")
    )
    opened.connection.execute(REFUSED, (len(sizes),))
    return bool(pages - free + sum(sizes) // page + SPARE_PAGES >= limit)


def _shrink(opened: Opened) -> bool:
    """Free some space; returns whether there is more to free."""
    run = opened.connection.execute
    if run("SELECT 1 FROM messages LIMIT 1").fetchone():
        return False
    run(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
    if run("PRAGMA freelist_count").fetchone()[0]:
        return True
    run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return False
