"""What was stored since somebody last looked, in the order in which transactions were committed.

Neither ids nor times are in that order: a spool or a relay delivers hours late, and a transaction that has
been open for long commits rows that are older than those of others. What is certain is a snapshot: Postgres
says of each transaction whether it was committed by then. So each transaction notes the ids of the events
that it stores, and whoever follows asks for the notes that the last snapshot did not hold and this one does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Text, cast, delete, func, select, text

from .snapshots import Snapshot
from .tables import StoredBatchRow

KEPT = timedelta(days=1)
"""How long a snapshot can be followed on from."""

MOST_IDS = 1_000
"""Of one note, so that few are enough for one look."""

MOST_NOTES = 500


class NotedEvents(NamedTuple):
    """Ids of events by scope, and the number of the last note; None if there is nothing after it."""

    ids: dict[str, list[UUID]]
    last: int | None


def note(connection: Connection, keys: Iterable[tuple[str, UUID | str]]) -> None:
    """Note events that this transaction stores, as scope and id.

    Raises:
        StoreError: the transaction is spoilt.
    """
    ids: dict[str, list[str]] = defaultdict(list)
    for scope, event_id in keys:
        ids[scope].append(str(event_id))
    for scope, found in ids.items():
        for begin in range(0, len(found), MOST_IDS):
            written = "{" + ",".join(found[begin : begin + MOST_IDS]) + "}"
            connection.exec_driver_sql(
                "INSERT INTO stored_batches (scope, event_ids) VALUES (%s, %s)", (scope, written)
            )


def can_follow(connection: Connection, seen: Snapshot, now: Snapshot) -> bool:
    """Whether everything stored since a snapshot is noted; not if it is of another database, or too old."""
    number = cast(StoredBatchRow.transaction_id, Text)
    is_old = StoredBatchRow.stored_at < func.now() - KEPT
    statement = select(number, is_old).order_by(StoredBatchRow.id).limit(1)
    oldest, forgotten_before = connection.execute(statement).one_or_none() or ("0", False)
    return seen.xmax <= now.xmax and not (forgotten_before and seen.xmax < int(oldest))


def stored_between(connection: Connection, seen: Snapshot, until: Snapshot, after: int = 0) -> NotedEvents:
    """What was committed by a snapshot and not by an earlier one, or a part of it.

    Args:
        connection: to the database.
        seen: the earlier one.
        until: the later one.
        after: the number of the last note that is known.
    """
    parameters = {
        "xmax": str(seen.xmax),
        "running": [*map(str, seen.running)],
        "until": str(until),
        "after": after,
        "most": MOST_NOTES,
    }
    ids: dict[str, list[UUID]] = defaultdict(list)
    number = 0
    rows = connection.execute(_BETWEEN, parameters).all()
    for row in rows:
        number += len(row.event_ids)
        ids[row.scope] += row.event_ids
        if number >= MOST_IDS:
            return NotedEvents(dict(ids), row.id)
    return NotedEvents(dict(ids), rows[-1].id if len(rows) == MOST_NOTES else None)


def forget(connection: Connection) -> int:
    """Remove notes that are older than a day, and return how many.

    The last of them stays: it tells up to where there are none.
    """
    old = StoredBatchRow.stored_at < func.now() - KEPT
    last = select(func.max(StoredBatchRow.id)).where(old).scalar_subquery()
    return connection.execute(delete(StoredBatchRow).where(old, StoredBatchRow.id < last)).rowcount


# by two ranges of the index: a transaction that has run for hours makes nobody read hours of notes
_BETWEEN = text("""
    SELECT id, scope, event_ids
      FROM stored_batches
     WHERE (transaction_id >= CAST(:xmax AS xid8) OR transaction_id = ANY(CAST(:running AS xid8[])))
       AND transaction_id < pg_snapshot_xmax(CAST(:until AS pg_snapshot))
       AND pg_visible_in_snapshot(transaction_id, CAST(:until AS pg_snapshot))
       AND id > :after
     ORDER BY id LIMIT :most
""")
