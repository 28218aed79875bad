"""The one place where a driver's error becomes `OutboxMissing`: no table, or no right to write to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trailkeeper.producer.errors import InvalidEvent, OutboxMissing

MISSING = (
    "the caller's database has no table {}: run `trailkeeper migrate` there, or set TRAILKEEPER_SCHEMA to the"
    " schema that has it; where events are stored in another database, use emit_on_commit()"
)
NO_RIGHT = "the caller's role may not INSERT INTO {}: GRANT trailkeeper_outbox TO it"
UNDEFINED_TABLE, NO_PRIVILEGE = "42P01", "42501"
NO_SQLITE_TABLE = "no such table: "


@contextmanager
def translated(table: str) -> Iterator[None]:
    """Raise `OutboxMissing` where an operator has to act; let every other error pass.

    Raises:
        OutboxMissing: chained to the driver's error.
    """
    try:
        yield
    except InvalidEvent:
        raise
    except Exception as error:
        if problem := _problem(error):
            raise OutboxMissing(problem.format(table)) from error
        raise


def _problem(error: Exception) -> str | None:
    state = _sqlstate(error)
    if state == UNDEFINED_TABLE or NO_SQLITE_TABLE in str(error):
        return MISSING
    return NO_RIGHT if state == NO_PRIVILEGE else None


def _sqlstate(error: BaseException) -> str | None:
    """What the server answered, from the driver's error or from one that a library wrapped around it."""
    for candidate in (error, getattr(error, "orig", None), error.__cause__):
        for name in ("sqlstate", "pgcode"):
            if isinstance(state := getattr(candidate, name, None), str):
                return state
    return None
