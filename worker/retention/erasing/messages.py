"""A user's personal data in tables of messages: the outbox, and the dead letters.

What the outbox has comes before the events: a message is either found here without the
user's data, or was relayed already and is found there. Rows of transactions
that commit later are none that were emitted before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, TextClause, text, update

from trailkeeper.models.tables import DeadLetterRow, Outgoing
from trailkeeper.worker.retention.message import TOLD

from .batch import ErasureBatch, ErasureCounts

BATCH = 100
DETAIL = "what it says of the message was erased with the user's data"


class MessageTable(NamedTuple):
    """A table of them: how the next are read and locked, how one is altered, and as what it counts."""

    next: TextClause
    rewrite: Callable[[Connection, int, bytes], None]
    counted: str


Page: TypeAlias = list[tuple[int, bytes, str | None]]
"""Messages by their ids, each with what was wrong with it."""


def page(connection: Connection, messages: MessageTable, after: int) -> Page:
    """The next, in order of their ids, locked until the transaction ends.

    All of them are read, as an id can be written in many ways. There are few messages, or something else
    is to be done first.

    Raises:
        StoreUnavailable: a relay is at one of them for longer than the lock time-out.
    """
    rows = connection.execute(messages.next, {"after": after, "size": BATCH})
    return [(identity, bytes(raw), _text(told)) for identity, raw, told in rows]


def erase_from(
    connection: Connection,
    messages: MessageTable,
    batch: ErasureBatch,
    page: Page,
    counts: ErasureCounts,
) -> int:
    """Take the user's data out of these messages, except those that name what is held.

    Returns:
        Out of how many; *counts* is added to.
    """
    before = counts.erased
    for identity, raw, told in page:
        left = batch.left_of(raw, told, counts)
        if left is not None and not batch.dry:
            messages.rewrite(connection, identity, left)
    return counts.erased - before


def _text(told: Any) -> str | None:
    return told if told is None or isinstance(told, str) else bytes(told).decode("utf-8", "replace")


def _rewrite_letter(connection: Connection, identity: int, left: bytes) -> None:
    # what the digest was made of is gone, but it still tells a message that comes once more
    statement = update(DeadLetterRow).where(DeadLetterRow.id == identity).values(raw=left, detail=DETAIL)
    connection.execute(statement)


def _rewrite_outgoing(connection: Connection, identity: int, left: bytes) -> None:
    mine = update(Outgoing).where(Outgoing.id == identity)
    connection.execute(mine.values(payload=left))
    # what was wrong with a call may repeat what was given
    connection.execute(mine.where(Outgoing.invalid.is_not(None)).values(invalid=TOLD))


def _of(
    table: str, columns: str, rewrite: Callable[[Connection, int, bytes], None], counted: str
) -> MessageTable:
    following = text(
        f"SELECT id, {columns} FROM {table} WHERE id > :after"  # noqa: S608 - constants
        f" ORDER BY id LIMIT :size FOR UPDATE"
    )
    return MessageTable(following, rewrite, counted)


OUTBOX = _of("outbox", "payload, invalid", _rewrite_outgoing, "events")
DEAD_LETTERS = _of("dead_letters", "raw, detail", _rewrite_letter, "dead_letters")
