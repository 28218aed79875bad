"""Stages the lines of a file block by block; can resume wherever it was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from sqlalchemy import Engine

from trailkeeper.models.backfills import StoredBackfill
from trailkeeper.models.backfills.staging import Block, complete, take_in, touch
from trailkeeper.models.engine import transaction

from .blocks import StagedLine, staged, to_block
from .event_file import EventFile, keyed
from .importing import LINES

BYTES = 4 << 20
"""A block is closed once it holds so many bytes."""

SIGN_SECONDS = 10.0


def stage_file(
    engine: Engine, source: EventFile, job: StoredBackfill, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Stage the lines of a file that were not staged yet.

    Args:
        engine: the database.
        source: the file.
        job: the import.
        progress: called with the number of the last line after each block.

    Returns:
        How many lines there are that are not blank.

    Raises:
        TakenInElsewhere: another process stages it, or the backfill was cancelled.
        StoreUnavailable: Postgres did not answer; do the same again.
    """
    after = job.lines or 0
    for lines in _blocks(_following(engine, source, job.id, after)):
        block = Block(lines[-1].number, to_block(lines))
        with transaction(engine) as connection:
            take_in(connection, job.id, block, after=after, events=len(lines))
        after = block.last_line
        progress(after)
    with transaction(engine) as connection:
        return complete(connection, job.id, after=after, lines=after)


def _following(engine: Engine, source: EventFile, identity: int, after: int) -> Iterator[StagedLine]:
    """Lines after one; those before are read as well, for ids depend on identical lines before."""
    signed = time.monotonic()
    for line in keyed(source, engine).lines():
        if line.number > after:
            yield staged(line)
        elif time.monotonic() - signed > SIGN_SECONDS:
            signed = time.monotonic()
            with transaction(engine) as connection:
                touch(connection, identity)


def _blocks(lines: Iterator[StagedLine]) -> Iterator[list[StagedLine]]:
    block: list[StagedLine] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line.payload)
        if len(block) == LINES or size > BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block
