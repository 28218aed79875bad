"""Dead letters for backfills: read for a replay, updated with a new reason, or removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, func, literal, select, text

from trailkeeper.models.tables import DeadLetterRow

from .filters import ReplayFilters

IMPORTED = "import:"
"""How the name begins under which dead letters of a file are kept."""


class DeadLetter(NamedTuple):
    """A dead letter with its message, and the signature that came with it."""

    id: int
    stream: str
    stream_id: str
    reason: str
    detail: str
    raw: bytes
    signature: bytes | None = None


class Verdict(NamedTuple):
    """Why a dead letter still cannot be stored."""

    id: int
    reason: str
    detail: str


def last_id(connection: Connection) -> int:
    """The id of the newest dead letter; 0 without any."""
    return connection.execute(select(func.coalesce(func.max(DeadLetterRow.id), 0))).scalar_one()


def number(connection: Connection, filters: ReplayFilters) -> int:
    """How many match the filters."""
    return int(connection.execute(_those(select(func.count()), filters)).scalar_one())


def missing(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Those of the ids that no dead letter has."""
    there = set(connection.scalars(select(DeadLetterRow.id).where(DeadLetterRow.id.in_(ids))))
    return sorted(set(ids) - there)


def take(
    connection: Connection, filters: ReplayFilters, after: int, limit: int, *, lock: bool = True
) -> list[DeadLetter]:
    """The next dead letters, locked until the transaction ends unless *lock* is False.

    Raises:
        StoreUnavailable: somebody else holds one for longer than the lock time-out.
    """
    columns = (getattr(DeadLetterRow, name) for name in DeadLetter._fields)
    statement = _those(select(*columns), filters).where(DeadLetterRow.id > after).order_by(DeadLetterRow.id)
    if lock:
        statement = statement.with_for_update()
    return [DeadLetter(*row) for row in connection.execute(statement.limit(limit))]


def remove(connection: Connection, ids: Sequence[int]) -> list[DeadLetter]:
    """Remove dead letters; returns those that were there."""
    columns = (getattr(DeadLetterRow, name) for name in DeadLetter._fields)
    statement = delete(DeadLetterRow).where(DeadLetterRow.id.in_(ids)).returning(*columns)
    return [DeadLetter(*row) for row in connection.execute(statement)]


def stream_of(digest: bytes) -> str:
    """The name under which dead letters of a file are kept: importing it again adds none."""
    return f"{IMPORTED}{digest.hex()[:16]}"


def kept_of(connection: Connection, stream: str, limit: int) -> tuple[dict[str, int], list[DeadLetter]]:
    """What of a file could not be stored: how many lines by reason, and the first, without their bytes."""
    mine = DeadLetterRow.stream == stream
    count = func.count()
    grouped = (
        select(DeadLetterRow.reason, count).where(mine).group_by(DeadLetterRow.reason).order_by(count.desc())
    )
    columns: list[Any] = [getattr(DeadLetterRow, name) for name in DeadLetter._fields if name != "raw"]
    order = (func.length(DeadLetterRow.stream_id), DeadLetterRow.stream_id)  # as numbers are ordered
    first = select(*columns, literal(b"").label("raw")).where(mine).order_by(*order).limit(limit)
    by_reason = dict(connection.execute(grouped).all())
    return by_reason, [DeadLetter(**row) for row in connection.execute(first).mappings()]


def judge_anew(connection: Connection, verdicts: Sequence[Verdict]) -> None:
    """Give dead letters that still cannot be stored their present reason."""
    statement = text("""
        UPDATE dead_letters AS letter SET reason = new.reason, detail = new.detail
          FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[]), CAST(:details AS text[]))
               AS new (id, reason, detail)
         WHERE letter.id = new.id AND (letter.reason, letter.detail) <> (new.reason, new.detail)
    """)
    columns = zip(Verdict._fields, zip(*verdicts, strict=True), strict=True)
    connection.execute(statement, {f"{name}s": list(column) for name, column in columns})


def _those(statement: Select[Any], filters: ReplayFilters) -> Select[Any]:
    statement = statement.where(DeadLetterRow.id <= filters.upto)
    if filters.reasons:
        statement = statement.where(DeadLetterRow.reason.in_(filters.reasons))
    if filters.ids:
        statement = statement.where(DeadLetterRow.id.in_(filters.ids))
    return statement
