"""A user's personal data in dead letters."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text, update

from models.tables import DeadLetter, Hold
from producer.catalogue import Catalogue

from .message import subjects, without, written

BATCH = 500
DETAIL = "what it says of the message was erased with the user's data"

_PAGE = text("""
    SELECT id FROM dead_letters
     WHERE id > :after AND (position(:bytes in raw) > 0 OR position(:escaped in raw) > 0)
     ORDER BY id LIMIT :size FOR UPDATE
""")


class Letters(NamedTuple):
    """What became of a batch: the last id, how many were changed, how many held, and by which holds."""

    last: int
    changed: int
    held: int
    holds: set[int]


class Batch(NamedTuple):
    """Whose data, what is personal, which holds are in force, and whether only to count."""

    user_id: str
    catalogue: Catalogue
    holds: list[Hold]
    dry: bool
    said: str = DETAIL


def page(connection: Connection, user_id: str, after: int) -> list[int]:
    """The next dead letters that have the user's id somewhere, locked until the transaction ends.

    Each call reads the table from *after* on: there are few dead letters, or
    something else is to be done first.
    """
    plain, escaped = written(user_id)
    values: dict[str, Any] = {"bytes": plain, "escaped": escaped, "after": after, "size": BATCH}
    return list(connection.scalars(_PAGE, values))


def erase_from(connection: Connection, batch: Batch, ids: list[int]) -> Letters:
    """Take the user's data out of these dead letters, save those that name what is held."""
    changed, held, because = 0, 0, set[int]()
    rows = connection.execute(select(DeadLetter.id, DeadLetter.raw).where(DeadLetter.id.in_(ids))).all()
    for identity, raw in rows:
        left = without(bytes(raw), batch.user_id, batch.catalogue)
        by = set() if left is None else holding(bytes(raw), batch.user_id, batch.holds)
        if by:
            held, because = held + 1, because | by
        elif left is not None:
            changed += 1
            if not batch.dry:
                _rewrite(connection, identity, left)
    return Letters(max(ids), changed, held, because)


def _rewrite(connection: Connection, identity: int, left: bytes) -> None:
    # what the digest was made of is gone, but it still tells a message that comes once more
    statement = update(DeadLetter).where(DeadLetter.id == identity).values(raw=left, detail=DETAIL)
    connection.execute(statement)


def holding(raw: bytes, user_id: str, holds: list[Hold]) -> set[int]:
    """The holds that name what a message is about."""
    named = subjects(raw)
    users = {user_id, named["user"], named["actor"], named["on_behalf_of"]}
    found = {"user": users, "project": {named["project"]}, "organization": {named["organization"]}}
    return {hold.id for hold in holds if hold.subject_id in found[hold.about]}
