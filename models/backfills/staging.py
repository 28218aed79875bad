"""Lines of an import on their way: taken in by the command, stored by chunks, in blocks.

A block leaves in the transaction that stores its lines, so none is lost and
none is stored by two.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Text, delete, func, insert, literal_column, select, update

from trailkeeper.models.locks import lock
from trailkeeper.models.tables import Backfill, BackfillBlock, BackfillFile

from .binary import copy_block_in, copy_block_out

VERSION = literal_column("backfill_blocks.xmin::text", Text).label("version")


class TakenInElsewhere(Exception):  # noqa: N818 - what it says
    """Another process takes in the same file, or the backfill has ended; nothing was changed."""


@dataclass(frozen=True)
class Block:
    """Lines that wait.

    Attributes:
        last_line: the number of its last line.
        content: as the worker packed it.
        version: changes with the row; an erasure alters lines that wait.
    """

    last_line: int
    content: bytes
    version: str = ""


def add_file(connection: Connection, identity: int, name: str, digest: bytes) -> None:
    """Note the file of an import."""
    connection.execute(insert(BackfillFile).values(backfill_id=identity, name=name, digest=digest))


def under_way(connection: Connection, digest: bytes) -> int | None:
    """The import of this file that has not ended, if there is one; nobody else asks until we commit."""
    key = int.from_bytes(hashlib.sha256(b"import" + digest).digest()[:8], "big", signed=True)
    unended = (
        select(Backfill.id)
        .join(BackfillFile, BackfillFile.backfill_id == Backfill.id)
        .where(BackfillFile.digest == digest, Backfill.state.in_(["running", "paused", "failed"]))
        .order_by(Backfill.id)
        .limit(1)
    )
    lock(connection, key)
    return connection.scalar(unended)


def take_in(connection: Connection, identity: int, block: Block, *, after: int, events: int) -> None:
    """Add a block whose first line comes after the line *after*.

    Raises:
        TakenInElsewhere: the line before it is not the last that was taken in, or the backfill has ended.
    """
    _advance(connection, identity, after, lines=block.last_line, events=BackfillFile.events + events)
    copy_block_in(connection, identity, block.last_line, block.content)


def complete(connection: Connection, identity: int, *, after: int, lines: int) -> int:
    """Note that no block follows; returns how many lines that are not blank there are in all.

    Raises:
        TakenInElsewhere: as in `take_in`.
    """
    _advance(connection, identity, after, lines=lines, complete=True)
    events = select(BackfillFile.events).where(BackfillFile.backfill_id == identity)
    return connection.execute(events).scalar_one()


def touch(connection: Connection, identity: int) -> None:
    """Note that the file is still being read, though nothing new was taken in."""
    statement = update(BackfillFile).where(BackfillFile.backfill_id == identity)
    connection.execute(statement.values(read_at=func.clock_timestamp()))


def is_complete(connection: Connection, identity: int) -> bool:
    """Whether all lines were taken in. Ask before `next_block`: then no block can come in between."""
    statement = select(BackfillFile.complete).where(BackfillFile.backfill_id == identity)
    return bool(connection.execute(statement).scalar_one_or_none())


def next_block(connection: Connection, identity: int, after: int) -> Block | None:
    """The first block that waits after a line."""
    statement = (
        select(BackfillBlock.last_line, VERSION)
        .where(BackfillBlock.backfill_id == identity, BackfillBlock.last_line > after)
        .order_by(BackfillBlock.last_line)
        .limit(1)
    )
    # the version first: of a change in between it is too old, never too new
    row = connection.execute(statement).one_or_none()
    content = None if row is None else copy_block_out(connection, identity, row.last_line)
    return None if row is None or content is None else Block(row.last_line, content, row.version)


def is_unchanged(connection: Connection, identity: int, block: Block) -> bool:
    """Whether a block is still there as it was read."""
    statement = select(VERSION).where(
        BackfillBlock.backfill_id == identity, BackfillBlock.last_line == block.last_line
    )
    return connection.scalar(statement) == block.version


def remove(connection: Connection, identity: int, block: Block) -> None:
    """Remove a block, in the transaction that stored its lines."""
    statement = delete(BackfillBlock).where(
        BackfillBlock.backfill_id == identity, BackfillBlock.last_line == block.last_line
    )
    connection.execute(statement)


def left_behind(connection: Connection, silence: timedelta) -> list[int]:
    """Running imports whose file is not taken in any further: their command is gone."""
    statement = (
        select(Backfill.id)
        .join(BackfillFile, BackfillFile.backfill_id == Backfill.id)
        .where(
            Backfill.state == "running",
            BackfillFile.complete.is_(False),
            BackfillFile.read_at < func.now() - silence,
        )
    )
    return list(connection.scalars(statement))


def _advance(connection: Connection, identity: int, after: int, **values: object) -> None:
    # a key's lock: it lets chunks go on, but no change of state, until we commit
    unended = (
        select(Backfill.id)
        .where(Backfill.id == identity, Backfill.finished_at.is_(None))
        .with_for_update(read=True, key_share=True)
    )
    statement = (
        update(BackfillFile)
        .where(BackfillFile.backfill_id == identity, BackfillFile.lines == after)
        .where(BackfillFile.complete.is_(False))
        .values(read_at=func.clock_timestamp(), **values)
    )
    if connection.scalar(unended) is None:
        raise TakenInElsewhere(_ending(connection, identity))
    if connection.execute(statement).rowcount != 1:
        raise TakenInElsewhere("another command takes in the same file")


def _ending(connection: Connection, identity: int) -> str:
    row = connection.execute(
        select(Backfill.state, Backfill.detail).where(Backfill.id == identity)
    ).one_or_none()
    state, detail = row or ("gone", None)
    return f"backfill {identity} is {state}{f': {detail}' if detail else ''}"
