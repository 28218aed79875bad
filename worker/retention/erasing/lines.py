"""A user's personal data in lines of imports that wait to be stored.

The import's next chunk waits while its lines are erased. So these come
before events and dead letters: a line is either found here without the user's
data, or was stored already and is found there.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from trailkeeper.models.backfills import staging
from trailkeeper.models.backfills.jobs import wait_for
from trailkeeper.models.backfills.staging import Block
from trailkeeper.models.tables import BackfillBlock
from trailkeeper.worker.backfills.blocks import StagedLine, read_block, to_block, unpacked

from .batch import ErasureBatch, ErasureCounts
from .message import may_tell
from .messages import DETAIL


def imports(connection: Connection) -> list[int]:
    """The imports of which lines wait."""
    return sorted(connection.scalars(select(BackfillBlock.backfill_id).distinct()))


def next_block(connection: Connection, identity: int, after: int) -> Block | None:
    """The next block of an import, once no chunk is under way; it is not stored until the transaction ends.

    Raises:
        StoreUnavailable: that chunk takes longer than the lock time-out.
    """
    wait_for(connection, identity)
    return staging.next_block(connection, identity, after)


def erase_from(
    connection: Connection, batch: ErasureBatch, identity: int, block: Block, counts: ErasureCounts
) -> int:
    """Take the user's data out of one block, save of lines that name what is held.

    Returns:
        Of how many lines; *counts* is added to.
    """
    if not may_tell(unpacked(block.content), batch.person):
        return 0
    before = read_block(block.content)
    after = [_erased(line, batch, counts) for line in before]
    changed = sum(old is not new for old, new in zip(before, after, strict=True))
    if changed and not batch.dry:
        mine = (BackfillBlock.backfill_id == identity, BackfillBlock.last_line == block.last_line)
        connection.execute(update(BackfillBlock).where(*mine).values(content=to_block(after)))
    return changed


def _erased(line: StagedLine, batch: ErasureBatch, counts: ErasureCounts) -> StagedLine:
    left = batch.left_of(line.payload, line.detail, counts)
    return line if left is None else StagedLine(line.number, left, line.reason, line.detail and DETAIL)
