"""What the counts and the table say of some hours: the two sides of a reconciliation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from trailkeeper.models.periods import id_floor

from .ranges import Ranges, from_text, union

_TALLIED = text("""
    SELECT producers.name, CAST(extract(epoch FROM hour) AS bigint) / 3600 AS hour, fate,
           CAST(range_agg(part) AS text) AS numbers
      FROM event_counts JOIN producers ON producers.id = producer_id, unnest(sequences) AS part
     WHERE hour >= :start AND hour < :end
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")

_COVERED = text("""
    SELECT name, max(highest) AS highest, CAST(range_agg(part) AS text) AS numbers
      FROM (SELECT producer_id, highest, part FROM coverage LEFT JOIN unnest(sequences) AS part ON true
            UNION ALL
            SELECT producer_id, 0, part FROM event_counts, unnest(sequences) AS part
             WHERE NOT merged) AS known
      JOIN producers ON producers.id = producer_id
     WHERE producers.name = ANY(:names)
     GROUP BY name
""")

_STORED = text("""
    SELECT producers.name, CAST(range_agg(int4range(sequence, sequence, '[]')) AS text) AS numbers
      FROM events JOIN producers ON producers.id = producer_id
     WHERE events.id >= :low AND events.id < :high
     GROUP BY 1
""")

_BROKEN = text("""
    SELECT name FROM coverage JOIN producers ON producers.id = producer_id
     WHERE sequences <> int4multirange(int4range(1, GREATEST(upper(sequences), highest + 1)))
""")


class CountedNumbers(NamedTuple):
    """The numbers of one producer and hour (counted from 1970) that met one fate."""

    producer: str
    hour: int
    fate: str
    numbers: Ranges


class Covered(NamedTuple):
    """All numbers of a producer of whose fate something is known, and the highest that was seen."""

    highest: int
    numbers: Ranges


def counted(connection: Connection, start: datetime, end: datetime) -> list[CountedNumbers]:
    """What became of the events of some hours, by producer, hour and fate; reads counts only.

    Args:
        connection: to the database.
        start: where the first hour begins.
        end: where the last hour ends.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    rows = connection.execute(_TALLIED, {"start": start, "end": end})
    return [CountedNumbers(name, hour, fate, from_text(numbers)) for name, hour, fate, numbers in rows]


def covered(connection: Connection, names: Iterable[str]) -> dict[str, Covered]:
    """All that is known of the numbers of some producers, whatever their hour.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    rows = connection.execute(_COVERED, {"names": sorted(names)})
    return {name: Covered(highest, from_text(numbers or "{}")) for name, highest, numbers in rows}


def producers_with_gaps(connection: Connection) -> set[str]:
    """Producers of whose numbers some are missing, as far as counts are merged.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    return set(connection.scalars(_BROKEN))


def stored(connection: Connection, start: datetime, end: datetime) -> dict[str, Ranges]:
    """The numbers of the rows that are in the table, by producer; reads every row of that time.

    Raises:
        StoreError: the schema is missing, or the server is away.
    """
    rows = connection.execute(_STORED, {"low": id_floor(start), "high": id_floor(end)})
    return {name: union(from_text(numbers)) for name, numbers in rows}
