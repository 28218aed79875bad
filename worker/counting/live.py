"""A reconciliation while events come in: what is only on its way between two places is not called missing."""

from __future__ import annotations

import time
from datetime import datetime

import redis
from sqlalchemy import Engine

from trailkeeper.models.counting.ranges import Ranges, union, within
from trailkeeper.worker.settings import WorkerSettings

from .reconcile import Reconciliation, reconcile
from .waiting import in_spool, in_stream

MOST = 1_000_000
"""Entries of the stream that are read at most."""

TRIES = 3
BETWEEN_SECONDS = 0.5


def reconcile_live(
    engine: Engine,
    client: redis.Redis,
    settings: WorkerSettings,
    hours: tuple[datetime, datetime],
    *,
    verify: bool,
) -> Reconciliation:
    """Reconcile; what seems missing is checked again a moment later, as it may be moving.

    Args:
        engine: of the database.
        client: of Redis.
        settings: say which stream, and where this host's spool is.
        hours: from when to when.
        verify: hold counts against the rows of the table.

    Raises:
        StreamUnavailable: Redis did not answer, so what waits in the stream is unknown.
        StoreError: the schema is missing, or the server is away.
    """

    def once() -> Reconciliation:
        waiting = in_stream(client, settings.stream, MOST)
        numbered = [*waiting.numbered, *in_spool(settings)]
        reconciliation = reconcile(engine, *hours, numbered, verify=verify)
        reconciliation.complete = waiting.complete
        return reconciliation

    reconciliation = once()
    for _ in range(TRIES - 1):
        if not any(account.missing for account in reconciliation.lines):
            break
        time.sleep(BETWEEN_SECONDS)
        before, reconciliation = _missing(reconciliation), once()
        for account in reconciliation.lines:
            account.missing = within(account.missing, before.get(account.producer, []))
    return reconciliation


def _missing(reconciliation: Reconciliation) -> dict[str, Ranges]:
    missing: dict[str, Ranges] = {}
    for line in reconciliation.lines:
        missing[line.producer] = union(missing.get(line.producer, []), line.missing)
    return missing
