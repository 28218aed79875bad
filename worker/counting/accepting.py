"""Missing events that an admin gives up: they count as lost from then on, and raise no more alarms."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from trailkeeper.models.counting import CountKey, size
from trailkeeper.models.counting.event_counts import NO_SCOPE, add_ranges
from trailkeeper.models.counting.moving import move
from trailkeeper.models.counting.producers import known
from trailkeeper.models.counting.ranges import format_ranges, union
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.worker.recording import record, staff

from .accounts import EPOCH, HOUR
from .reconcile import Reconciliation


def accept(
    connection: Connection,
    catalogue: Catalogue,
    reconciliation: Reconciliation,
    reason: str,
    requested_by: str,
) -> int:
    """Give up all that a reconciliation found missing; recorded as an event for each producer.

    Returns:
        How many events.

    Raises:
        StoreError: nothing was changed.
    """
    ids = known(connection, {line.producer for line in reconciliation.lines if line.gone})
    hour = (datetime.now(UTC) - EPOCH) // HOUR
    for name, producer in sorted(ids.items()):
        lines = [line for line in reconciliation.lines if line.producer == name]
        missing = union(*(line.missing for line in lines))
        deleted = union(*(line.deleted for line in lines))
        add_ranges(connection, CountKey(producer, hour, NO_SCOPE, "lost"), missing)
        move(connection, {producer: deleted} if deleted else {}, "stored", "lost")
        gone = union(missing, deleted)
        facts = {"producer": name, "count": size(gone), "numbers": format_ranges(gone), "reason": reason}
        record(connection, catalogue, "admin:gap:accept", staff(requested_by), facts)
    return reconciliation.missing
