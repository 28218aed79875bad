"""A user's personal data in the outbox: events of committed transactions that are not relayed yet.

These come before the events of the table: a row is either found here without the
user's data, or was relayed already and is found there. Rows of transactions
that commit later are none that were emitted before.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, text, update

from models.tables import Outgoing

from .letters import BATCH, Batch, Letters, holding
from .message import TOLD, without, written

_PAGE = text("""
    SELECT id FROM outbox
     WHERE id > :after AND (position(:bytes in payload) > 0 OR position(:escaped in payload) > 0)
     ORDER BY id LIMIT :size FOR UPDATE
""")


def page(connection: Connection, user_id: str, after: int) -> list[int]:
    """The next rows that have the user's id somewhere, kept from the relay until the transaction ends.

    Raises:
        StoreUnavailable: a relay is at one of them for longer than the lock time-out.
    """
    plain, escaped = written(user_id)
    values: dict[str, Any] = {"bytes": plain, "escaped": escaped, "after": after, "size": BATCH}
    return list(connection.scalars(_PAGE, values))


def erase_from(connection: Connection, batch: Batch, ids: list[int]) -> Letters:
    """Take the user's data out of these rows, save those that name what is held."""
    changed, held, because = 0, 0, set[int]()
    rows = connection.execute(select(Outgoing.id, Outgoing.payload).where(Outgoing.id.in_(ids))).all()
    for identity, payload in rows:
        left = without(bytes(payload), batch.user_id, batch.catalogue)
        by = set() if left is None else holding(bytes(payload), batch.user_id, batch.holds)
        if by:
            held, because = held + 1, because | by
        elif left is not None:
            changed += 1
            if not batch.dry:
                _rewrite(connection, identity, left)
    return Letters(max(ids), changed, held, because)


def _rewrite(connection: Connection, identity: int, left: bytes) -> None:
    mine = update(Outgoing).where(Outgoing.id == identity)
    connection.execute(mine.values(payload=left))
    # what was wrong with a call may repeat what was given
    connection.execute(mine.where(Outgoing.invalid.is_not(None)).values(invalid=TOLD))
