"""The outbox for the worker: delete rows in the transaction that stores them, and count what waits.

Ids are assigned before commits, so a lower id may become visible after a higher one was
relayed. Therefore no position is remembered: any visible row is taken, whatever its id,
except those that another worker has locked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, text

from .engine import qualified, run_in_autocommit
from .tables import Outgoing

HIGHEST = 2**63 - 1
COUNTED = 10_000
"""Rows that are counted at most, so that looking costs the same however much waits."""

# by ctid, as the planner misjudges a table that is mostly empty; within one statement a row cannot move: its
# snapshot sees the version that the subquery locked
_TAKE = text("""
    DELETE FROM outbox
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM outbox WHERE id BETWEEN :low AND :high
                              ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING id, created_at, payload, invalid
""").columns(Outgoing.id, Outgoing.created_at, Outgoing.payload, Outgoing.invalid)
_IDS = text("SELECT id FROM outbox WHERE id BETWEEN :low AND :high ORDER BY id LIMIT :limit")
_BACKLOG = text("""
    SELECT count(*), extract(epoch FROM clock_timestamp() - min(created_at))
      FROM (SELECT created_at FROM outbox ORDER BY id LIMIT :most) AS first
""")


class Span(NamedTuple):
    """Ids from the lowest to the highest, both included."""

    low: int = 1
    high: int = HIGHEST


class OutboxRow(NamedTuple):
    """A message in the outbox."""

    id: int
    created_at: datetime
    payload: bytes
    invalid: bytes | None


@dataclass(frozen=True)
class OutboxBacklog:
    """What waits.

    Attributes:
        waiting: committed rows; `COUNTED` stands for that many or more.
        oldest_seconds: since the oldest of them was written; None of none.
    """

    waiting: int
    oldest_seconds: float | None


def take(connection: Connection, span: Span, limit: int) -> list[OutboxRow]:
    """Remove the rows with the lowest ids that nobody else is at; a rollback puts them back.

    Args:
        connection: in a transaction.
        span: of which ids.
        limit: how many at most.

    Raises:
        StoreError: Postgres did not answer, or has no outbox.
    """
    return sorted(OutboxRow(*row) for row in connection.execute(_TAKE, {**span._asdict(), "limit": limit}))


def ids(connection: Connection, span: Span, limit: int) -> list[int]:
    """The lowest ids that are there, whoever is at them."""
    return list(connection.scalars(_IDS, {**span._asdict(), "limit": limit}))


def waiting(engine: Engine, most: int) -> int:
    """How many committed rows there are, counted up to *most*. One statement, without BEGIN and COMMIT."""
    table = qualified(engine, "outbox")
    statement = f"SELECT count(*) FROM (SELECT FROM {table} ORDER BY id LIMIT {most:d}) AS first"  # noqa: S608 - a setting's
    [row] = run_in_autocommit(engine, statement)
    return int(row[0])


def backlog(connection: Connection) -> OutboxBacklog:
    """How much waits, and since when.

    Raises:
        StoreError: Postgres did not answer, or has no outbox.
    """
    number, oldest = connection.execute(_BACKLOG, {"most": COUNTED}).one()
    return OutboxBacklog(number, None if oldest is None else max(0.0, float(oldest)))
