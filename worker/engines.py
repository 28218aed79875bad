"""Engines on the database of the settings, each under a name that Postgres shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from trailkeeper.models.engine import make_engine

from .settings import WorkerSettings


def engine_of(settings: WorkerSettings, name: str, **options: Any) -> Engine:
    """An engine as `models.engine.make_engine` makes it; *name* says what it is for."""
    return make_engine(
        settings.database_url, schema=settings.schema, application_name=f"trailkeeper {name}", **options
    )


@contextmanager
def engine_for(settings: WorkerSettings, name: str, **options: Any) -> Iterator[Engine]:
    """An engine for as long as the block."""
    engine = engine_of(settings, name, **options)
    try:
        yield engine
    finally:
        engine.dispose()
