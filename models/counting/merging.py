"""Merge counts into one per producer, hour, scope and fate, and record what they cover."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from trailkeeper.models.engine import transaction
from trailkeeper.models.locks import COUNTING, try_lock

AT_ONCE = 10_000
"""EventCounts in one transaction."""

_MERGE = text("""
    WITH removed AS (
        DELETE FROM event_counts
         WHERE id IN (SELECT id FROM event_counts WHERE NOT merged ORDER BY id LIMIT :limit FOR UPDATE)
        RETURNING producer_id, hour, scope, fate, sequences
    ), summed AS (
        SELECT producer_id, hour, scope, fate, range_agg(part) AS sequences
          FROM removed, unnest(sequences) AS part GROUP BY 1, 2, 3, 4
    ), counted AS (
        SELECT count(*) AS merged_rows FROM removed
    ), covered AS (
        INSERT INTO coverage (producer_id, sequences)
        SELECT producer_id, range_agg(part) FROM removed, unnest(sequences) AS part GROUP BY 1
            ON CONFLICT (producer_id) DO UPDATE SET sequences = coverage.sequences + excluded.sequences
    ), merged AS (
        INSERT INTO event_counts (producer_id, hour, scope, fate, sequences, merged)
        SELECT producer_id, hour, scope, fate, sequences, true FROM summed
            ON CONFLICT (producer_id, hour, scope, fate) WHERE merged
            DO UPDATE SET sequences = event_counts.sequences + excluded.sequences
    )
    SELECT merged_rows FROM counted
""")


def merge_all(engine: Engine) -> int:
    """Merge until nothing is left to be merged, a bounded number a transaction; one process at a time.

    Returns:
        How many rows were merged.

    Raises:
        StoreError: what was merged before stays merged.
    """
    total, merged = 0, AT_ONCE
    while merged == AT_ONCE:
        with transaction(engine) as connection:
            merged = merge(connection)
        total += merged
    return total


def merge(connection: Connection, limit: int = AT_ONCE) -> int:
    """Merge some counts in a transaction; returns how many, 0 if another process is merging."""
    if not try_lock(connection, COUNTING):
        return 0
    return int(connection.execute(_MERGE, {"limit": limit}).scalar_one())
