"""What purges, scrubs and erasures did, newest first, as their records tell it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, RowMapping, select

from .tables import Base, Erasure, Purge, Scrub

Records: TypeAlias = Sequence[RowMapping]
"""Rows by the names of their columns."""


def purges(connection: Connection, limit: int) -> Records:
    """The last purges that had something to remove; without `finished_at` they were interrupted."""
    return _newest(connection, Purge, limit)


def scrubs(connection: Connection, limit: int) -> Records:
    """The last scrubs that had something to do."""
    return _newest(connection, Scrub, limit)


def erasures(connection: Connection, limit: int) -> Records:
    """The last erasures."""
    return _newest(connection, Erasure, limit)


def _newest(connection: Connection, table: type[Base], limit: int) -> Records:
    columns: Any = table.__table__.columns
    return connection.execute(select(*columns).order_by(columns.id.desc()).limit(limit)).mappings().all()
