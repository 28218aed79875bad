"""Jobs that run once at a time across the fleet, and their connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine

from trailkeeper.models.locks import advisory_lock
from trailkeeper.models.partitions import ensure, period_of
from trailkeeper.worker.engines import engine_for
from trailkeeper.worker.settings import WorkerSettings

STATEMENT_TIMEOUT_MS = 240_000  # counting a large partition; below the task's time limit


class Busy(Exception):  # noqa: N818 - what it says
    """Another process does the same job; nothing was done."""


def job_engine(settings: WorkerSettings, name: str) -> AbstractContextManager[Engine]:
    """Connections for one job: for its lock, for the removal of a partition, and for the work itself."""
    return engine_for(settings, name, pool_size=3, statement_timeout_ms=STATEMENT_TIMEOUT_MS)


@contextmanager
def one_at_a_time(settings: WorkerSettings, name: str, key: int) -> Iterator[Engine]:
    """Connections for a job that runs once at a time, and a place for the event that will tell of it.

    Raises:
        Busy: another process holds the lock.
        StoreError: the schema is missing, or the server is away.
    """
    with job_engine(settings, name) as engine, advisory_lock(engine, key) as is_held:
        if not is_held:
            raise Busy(f"another {name} is running")
        ensure(engine, {period_of("system", datetime.now(UTC))})
        yield engine
