"""One at a time across the fleet: a lock in Postgres that is gone with its connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from trailkeeper.models.engine import make_engine
from trailkeeper.models.errors import translated
from trailkeeper.models.partitions import ensure, period_of
from trailkeeper.worker.settings import WorkerSettings

STATEMENT_TIMEOUT_MS = 240_000  # counting a large partition; below the task's time limit


class Busy(Exception):  # noqa: N818 - what it says
    """Another process is at the same; nothing was done."""


@contextmanager
def engine_for(settings: WorkerSettings, name: str) -> Iterator[Engine]:
    """Connections for one job, closed at its end."""
    engine = make_engine(
        settings.database_url,
        schema=settings.schema,
        application_name=f"trailkeeper {name}",
        pool_size=3,  # the lock, the removal of a partition, and the work itself
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
    )
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def one_at_a_time(settings: WorkerSettings, name: str, lock: int) -> Iterator[Engine]:
    """Connections for a job that runs once at a time, and a place for the event that will tell of it.

    Raises:
        Busy: another process is at it.
        StoreError: the schema is missing, or the server is away.
    """
    with engine_for(settings, name) as engine, _alone(engine, name, lock):
        ensure(engine, {period_of("system", datetime.now(UTC))})
        yield engine


@contextmanager
def _alone(engine: Engine, name: str, lock: int) -> Iterator[None]:
    with translated(), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": lock}).scalar_one():
            raise Busy(f"another {name} is running")
        try:
            yield
        finally:
            # the lock goes with the session, however the job ended
            connection.invalidate()
