"""What a stack that was killed left running."""

from __future__ import annotations

from pathlib import Path

from .postgres import EmbeddedPostgres
from .records import end_recorded


def end_leftovers(home: Path) -> list[str]:
    """End the worker, beat and servers that still work on this home. Call it with the home's lock.

    Returns:
        The names of what was found alive.

    Raises:
        EmbeddedError: Postgres did not stop.
    """
    ended = end_recorded(home / "run")
    postgres = EmbeddedPostgres(home / "postgres")
    if postgres.is_running():
        postgres.stop()
        ended.append(postgres.name)
    return ended
