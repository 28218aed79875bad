"""Ends what a killed stack left running."""

from __future__ import annotations

from pathlib import Path

from .postgres import EmbeddedPostgres
from .records import end_recorded


def end_leftovers(home: Path) -> list[str]:
    """End the worker, beat and servers that still use this data folder. The caller holds its lock.

    Returns:
        The names of what still ran.

    Raises:
        EmbeddedError: Postgres did not stop.
    """
    ended = end_recorded(home / "run")
    postgres = EmbeddedPostgres(home / "postgres")
    if postgres.is_running():
        postgres.stop()
        ended.append(postgres.name)
    return ended
