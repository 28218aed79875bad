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

from .engine import transaction
from .tables import Outgoing

HIGHEST = 2**63 - 1
TAKEN_BYTES = 4 << 20
"""About how much is taken at once: any role that may insert decides how large a row is."""

LONGEST = 256 << 10
"""Bytes of a payload that are taken; an event has a quarter of it at most."""

COUNTED = 10_000
"""Rows that are counted at most, so that looking costs the same however much waits."""

# by ctid, as the planner misjudges a table that is mostly empty; within one statement a row cannot move: its
# snapshot sees the version that the subquery locked
_TAKE = text("""
    WITH locked AS (
        SELECT ctid AS place, id, octet_length(payload) + coalesce(octet_length(invalid), 0) AS size
          FROM outbox WHERE id BETWEEN :low AND :high ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), summed AS (
        SELECT place, sum(size) OVER (ORDER BY id) - size AS before FROM locked
    )
    DELETE FROM outbox
     WHERE ctid = ANY (ARRAY(SELECT place FROM summed WHERE before < :bytes))
    RETURNING id, created_at, substring(payload FOR :longest) AS payload,
              substring(invalid FOR :longest) AS invalid,
              CASE WHEN octet_length(payload) > :longest
                   THEN to_char(octet_length(payload), 'FM999,999,999,999') || ' bytes with the SHA-256 '
                        || encode(sha256(payload), 'hex')
              END AS excess
""").columns(Outgoing.id, Outgoing.created_at, Outgoing.payload, Outgoing.invalid)
_IDS = text("SELECT id FROM outbox WHERE id BETWEEN :low AND :high ORDER BY id LIMIT :limit")
_WAITING = text("SELECT count(*) FROM (SELECT FROM outbox ORDER BY id LIMIT :most) AS first")
_BACKLOG = text("""
    SELECT count(*), extract(epoch FROM clock_timestamp() - min(created_at))
      FROM (SELECT created_at FROM outbox ORDER BY id LIMIT :most) AS first
""")


class Span(NamedTuple):
    """Ids from the lowest to the highest, both included."""

    low: int = 1
    high: int = HIGHEST


class OutboxRow(NamedTuple):
    """A message in the outbox; `excess` says how large it is if only the beginning of `payload` was taken."""

    id: int
    created_at: datetime
    payload: bytes
    invalid: bytes | None
    excess: str | None


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
        limit: how many at most; fewer if they are large.

    Raises:
        StoreError: Postgres did not answer, or has no outbox.
    """
    limits = {"limit": limit, "bytes": TAKEN_BYTES, "longest": LONGEST}
    return sorted(OutboxRow(*row) for row in connection.execute(_TAKE, {**span._asdict(), **limits}))


def ids(connection: Connection, span: Span, limit: int) -> list[int]:
    """The lowest ids that are there, whoever is at them."""
    return list(connection.scalars(_IDS, {**span._asdict(), "limit": limit}))


def waiting(engine: Engine, most: int) -> int:
    """How many committed rows there are, counted up to *most*."""
    with transaction(engine) as connection:
        return int(connection.execute(_WAITING, {"most": most}).scalar_one())


def backlog(connection: Connection) -> OutboxBacklog:
    """How much waits, and since when.

    Raises:
        StoreError: Postgres did not answer, or has no outbox.
    """
    number, oldest = connection.execute(_BACKLOG, {"most": COUNTED}).one()
    return OutboxBacklog(number, None if oldest is None else max(0.0, float(oldest)))
