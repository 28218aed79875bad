"""The collection of locations, user agents and networks that no event uses any more."""

from __future__ import annotations

import logging

from trailkeeper.models.locks import PURGING
from trailkeeper.models.orphans import GRACE_HOURS, collect
from trailkeeper.models.partitions import finish
from trailkeeper.worker.settings import WorkerSettings

from .advisory_lock import one_at_a_time

logger = logging.getLogger(__name__)


def collect_orphans(settings: WorkerSettings, grace_hours: float = GRACE_HOURS) -> dict[str, int]:
    """Mark what no event uses; delete what was marked before, and is still used by none.

    It holds the purge's lock, and finishes what a purge left half-way: a partition
    must not come back after its events were not counted as users.

    Args:
        settings: where the database is.
        grace_hours: how long a row stays marked, at least.

    Returns:
        How many rows were deleted, by table.

    Raises:
        Busy: a purge or another collection is running.
        StoreError: the schema is missing, or the server is away.
    """
    with one_at_a_time(settings, "purge", PURGING) as engine:
        finish(engine)
        removed = collect(engine, grace_hours)
    if any(removed.values()):
        logger.info("removed rows that no event uses: %s", removed)
    return removed
