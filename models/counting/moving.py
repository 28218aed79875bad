"""Move numbers to another count when the fate of their events changes: purged, replayed, discarded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, text

from trailkeeper.models.locks import COUNTING, lock

from .event_counts import Fate
from .ranges import Ranges, to_text

_ALL = text("""
    WITH gone AS (
        DELETE FROM event_counts
         WHERE scope = :scope AND fate = 'stored' AND hour >= :start AND hour < :end
        RETURNING producer_id, hour, scope, sequences
    )
    INSERT INTO event_counts (producer_id, hour, scope, fate, sequences)
    SELECT producer_id, hour, scope, 'purged', sequences FROM gone
""")

_SOME = text("""
    WITH given AS (
        SELECT producer, CAST(sequences AS int4multirange) AS sequences
          FROM unnest(CAST(:producers AS int[]), CAST(:sequences AS text[])) AS g (producer, sequences)
    ), gone AS (
        DELETE FROM event_counts AS t USING given AS g
         WHERE t.producer_id = g.producer AND t.fate = :before AND t.sequences && g.sequences
        RETURNING t.producer_id, t.hour, t.scope,
                  t.sequences * g.sequences AS moved, t.sequences - g.sequences AS rest
    )
    INSERT INTO event_counts (producer_id, hour, scope, fate, sequences)
    SELECT producer_id, hour, scope, :before, rest FROM gone WHERE NOT isempty(rest)
    UNION ALL
    SELECT producer_id, hour, scope, :after, moved FROM gone
     WHERE CAST(:after AS text) IS NOT NULL
""")


def purge_all(connection: Connection, scope: str, start: datetime, end: datetime) -> None:
    """Move all numbers of a scope and time to ``purged``, as their partition is dropped.

    Args:
        connection: in the transaction that does it.
        scope: of the events.
        start: their first hour begins here.
        end: their last hour ends here.
    """
    lock_counts(connection)
    connection.execute(_ALL, {"scope": scope, "start": start, "end": end})


def move(connection: Connection, numbers: Mapping[int, Ranges], before: Fate, after: Fate | None) -> None:
    """Move numbers to another fate.

    Args:
        connection: in the transaction that did it.
        numbers: which, by the producer's id.
        before: what they were until now; those that were not are passed over.
        after: what they are; None where somebody else counts that.
    """
    if not numbers:
        return
    values = {
        "producers": list(numbers),
        "sequences": [to_text(ranges) for ranges in numbers.values()],
        "before": before,
        "after": after,
    }
    lock_counts(connection)
    connection.execute(_SOME, values)


def lock_counts(connection: Connection) -> None:
    """Keep others from merging or moving counts until this transaction ends; adding is not blocked."""
    lock(connection, COUNTING)
