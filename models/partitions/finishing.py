"""Drop a detached partition, or attach it again if a hold names events of it."""

from __future__ import annotations

from sqlalchemy import Connection, text

from trailkeeper.models.counting.moving import purge_all
from trailkeeper.models.errors import LOCKED, StoreUnavailable
from trailkeeper.models.holds import holds_of, wait_for_holds
from trailkeeper.models.locks import COUNTING, try_lock
from trailkeeper.models.periods import period_named

from .known import attach

_COUNTED = text("""
    UPDATE purges SET partitions = partitions + 1, events = events + :events
     WHERE scope = :scope AND tag IS NULL AND finished_at IS NULL
""")


def drop_or_reattach(connection: Connection, name: str, *, wait: bool = True) -> bool:
    """Drop a detached partition, unless a hold names events of it: then it is attached again.

    Events and holds may have been added while it was being detached; now nobody
    writes to it, and no hold can be added before the transaction ends. The dropped
    events are counted in the open record of the purge, if there is one.

    Args:
        connection: in a transaction that holds no lock on a parent yet.
        name: of the partition; one of `known.leftovers`.
        wait: for whoever has locked counts; False where that may be the caller itself.

    Returns:
        Whether it was dropped.

    Raises:
        StoreUnavailable: counts are locked, and *wait* is False; try again.
    """
    period = period_named(name)
    assert period is not None, name
    if not wait and not try_lock(connection, COUNTING):
        raise StoreUnavailable(f"{name} cannot be dropped while counts are locked", LOCKED)
    wait_for_holds(connection)
    if holds_of(connection, name):
        connection.execute(text(f"COMMENT ON TABLE {name} IS NULL"))
        # the constraint that detaching left behind spares the scan
        attach(connection, period)
        return False
    # by an index, a tenth of the table: the events are mostly not in the cache and need not be read
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    events = connection.scalar(text(f"SELECT count(*) FROM {name}"))  # noqa: S608 - a partition's name, taken apart above
    connection.execute(text(f"DROP TABLE {name}"))
    purge_all(connection, period.scope, period.start, period.end)
    connection.execute(_COUNTED, {"events": events, "scope": period.scope})
    return True
