"""Engines on the database of the settings, each under a name that Postgres shows."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Engine

from trailkeeper.models.engine import make_engine, temporary_engine

from .settings import WorkerSettings


def engine_of(settings: WorkerSettings, name: str, **options: Any) -> Engine:
    """An engine as `models.engine.make_engine` makes it; *name* says what it is for."""
    return make_engine(settings.database_url, **_options(settings, name), **options)


def engine_for(settings: WorkerSettings, name: str, **options: Any) -> AbstractContextManager[Engine]:
    """The same for as long as a block."""
    return temporary_engine(settings.database_url, **_options(settings, name), **options)


def _options(settings: WorkerSettings, name: str) -> dict[str, Any]:
    return {"schema": settings.schema, "application_name": f"trailkeeper {name}"}
