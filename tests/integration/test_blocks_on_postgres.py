"""Blocks of lines come out of Postgres as they went in, in their order."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from tests.support.rows import store_in
from trailkeeper.models.backfills.staging import Block, add_file, next_block, remove, take_in
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreError
from trailkeeper.models.tables import Backfill, BackfillBlock

CONTENTS = (b"", b"\0", bytes(range(256)) * 20, b"PGCOPY\n\xff\r\n\0" * 3, b"\\x41\n\t\\." * 700_000)


@pytest.fixture
def identity(engine: Engine) -> int:
    made = store_in(engine, Backfill, kind="import", filters={}, requested_by="x")
    with transaction(engine) as connection:
        add_file(connection, made, "f", b"d")
    return made


def test_blocks_come_out_as_they_went_in_and_in_their_order(engine: Engine, identity: int) -> None:
    for number, content in enumerate(CONTENTS):
        with transaction(engine) as connection:
            take_in(connection, identity, Block(number + 1, content), after=number, events=1)
    after, found = 0, []
    while True:
        with transaction(engine) as connection:
            block = next_block(connection, identity, after)
            if block is None:
                break
            remove(connection, identity, block)
        found.append(block.content)
        after = block.last_line
    assert found == list(CONTENTS)
    with transaction(engine) as connection:
        assert connection.execute(select(BackfillBlock.last_line)).all() == []


def test_a_block_that_is_there_already_is_refused(engine: Engine, identity: int) -> None:
    block = Block(2**40, b"x")
    with transaction(engine) as connection:
        take_in(connection, identity, block, after=0, events=1)
    with pytest.raises(StoreError), transaction(engine) as connection:
        take_in(connection, identity, block, after=2**40, events=1)
