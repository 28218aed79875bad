"""Sequence numbers that no count has, since when, and whether that was reported: the table `gaps`.

A number is missing once a higher one of the same producer is known. Its event may still be on
its way, so a gap is reported only after a grace period.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, text

from .ranges import Ranges, from_text, size, to_text, union, within, without

AT_ONCE = 1_000
"""Gaps that are opened, and reported, by one look: whoever may write to the stream may name any number of
producers. The next look, a minute later, goes on."""

_FULL = "int4multirange(int4range(1, GREATEST(upper(sequences), highest + 1)))"
_MISSING = text(
    # word for word the condition of the index: most producers miss nothing
    f"SELECT producer_id, CAST({_FULL} - sequences AS text) AS missing"  # noqa: S608 - constants
    f" FROM coverage WHERE sequences <> {_FULL}"
)

_OPEN = text("""
    SELECT gaps.id, producer_id AS producer, name, noticed_at, reported_at, closed_at,
           CAST(sequences AS text) AS numbers
      FROM gaps JOIN producers ON producers.id = producer_id
     WHERE closed_at IS NULL ORDER BY gaps.id
""")


@dataclass(frozen=True)
class Gap:
    """Some numbers of a producer that are missing.

    Attributes:
        id: of the gap.
        producer: the producer's id.
        name: and its name.
        noticed_at: when they were first missing.
        reported_at: when that was reported; None before.
        closed_at: when none was missing any more; None before.
        numbers: those still missing; of a closed gap, those missing last.
    """

    id: int
    producer: int
    name: str
    noticed_at: datetime
    reported_at: datetime | None
    closed_at: datetime | None
    numbers: Ranges


def missing_numbers(connection: Connection) -> dict[int, Ranges]:
    """Numbers that no merged count has, by the producer's id. Reads one row per producer.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    return {row.producer_id: from_text(row.missing) for row in connection.execute(_MISSING)}


def open_gaps(connection: Connection) -> list[Gap]:
    """The open gaps.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    rows = connection.execute(_OPEN).mappings()
    return [Gap(**{**row, "numbers": from_text(row["numbers"])}) for row in rows]


def missing_events(connection: Connection) -> int:
    """How many events have been missing for longer than the grace period. Reads open gaps only.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    return sum(size(gap.numbers) for gap in open_gaps(connection) if gap.reported_at is not None)


def missing_since(connection: Connection) -> datetime | None:
    """Since when the first of these events has been missing; None if none is.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    return min((gap.noticed_at for gap in open_gaps(connection) if gap.reported_at is not None), default=None)


def record_highest(connection: Connection, highest: Mapping[int, int]) -> None:
    """Record the highest number of each producer that is on its way, by the producer's id.

    Raises:
        StoreError: the transaction is spoilt.
    """
    statement = text("""
        INSERT INTO coverage (producer_id, highest, sequences)
        SELECT producer, highest, '{}' FROM unnest(CAST(:producers AS int[]), CAST(:highest AS int[]))
               AS seen (producer, highest) ORDER BY producer
            ON CONFLICT (producer_id) DO UPDATE SET highest = excluded.highest
         WHERE coverage.highest < excluded.highest
    """)
    if highest:
        values = {"producers": list(highest), "highest": list(highest.values())}
        connection.execute(statement, values)


def update_gaps(connection: Connection, missing: Mapping[int, Ranges]) -> list[Gap]:
    """Update the gaps with what is missing now: open new ones, shrink others, close those that are empty.

    Args:
        connection: in a transaction that holds the lock of counts.
        missing: by the producer's id.

    Returns:
        The gaps that were closed.

    Raises:
        StoreError: the transaction is spoilt.
    """
    left_of: dict[int, list[Ranges]] = defaultdict(list)
    ended: list[Gap] = []
    for gap in open_gaps(connection):
        left = within(gap.numbers, missing.get(gap.producer, []))
        left_of[gap.producer].append(left)
        if not left:
            ended.append(gap)
            _close(connection, gap)
        elif left != gap.numbers:
            _shrink(connection, gap, left)
    unknown = (
        (producer, new)
        for producer, numbers in missing.items()
        if (new := without(numbers, union(*left_of[producer])))
    )
    for producer, new in islice(unknown, AT_ONCE):
        _open(connection, producer, new)
    return ended


def report_overdue(connection: Connection, grace: timedelta) -> list[Gap]:
    """Mark the gaps that are older than the grace period as reported; returns those that were not before.

    Raises:
        StoreError: the transaction is spoilt.
    """
    statement = text("""
        UPDATE gaps SET reported_at = now()
         WHERE id IN (SELECT id FROM gaps WHERE closed_at IS NULL AND reported_at IS NULL
                         AND noticed_at <= now() - CAST(:grace AS interval) ORDER BY id LIMIT :most)
        RETURNING id
    """)
    reported = set(connection.execute(statement, {"grace": grace, "most": AT_ONCE}).scalars())
    return [gap for gap in open_gaps(connection) if gap.id in reported]


def _open(connection: Connection, producer: int, numbers: Ranges) -> None:
    statement = text(
        "INSERT INTO gaps (producer_id, sequences) VALUES (:producer, CAST(:numbers AS int4multirange))"
    )
    connection.execute(statement, {"producer": producer, "numbers": to_text(numbers)})


def _shrink(connection: Connection, gap: Gap, left: Ranges) -> None:
    statement = text("UPDATE gaps SET sequences = CAST(:numbers AS int4multirange) WHERE id = :id")
    connection.execute(statement, {"id": gap.id, "numbers": to_text(left)})


def _close(connection: Connection, gap: Gap) -> None:
    connection.execute(text("UPDATE gaps SET closed_at = now() WHERE id = :id"), {"id": gap.id})
