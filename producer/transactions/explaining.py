"""Why an outbox took nothing, where that is for an operator to mend; all else is the caller's driver's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trailkeeper.producer.errors import InvalidEvent, OutboxMissing

from .inserting import TABLE

MISSING = (
    f"the caller's database has no table {TABLE} on its search_path: run `trailkeeper migrate` there, or add"
    " the schema that has it to the search_path; where events are stored in another database, use"
    " emit_on_commit()"
)
NO_RIGHT = f"the caller's role may not write events with its transaction: GRANT INSERT ON {TABLE} TO it"
UNDEFINED_TABLE, NO_PRIVILEGE = "42P01", "42501"
SQLITES = f"no such table: {TABLE}"


@contextmanager
def explained() -> Iterator[None]:
    """Raise `OutboxMissing`, chained to the driver's error, where there is no table or no right to it."""
    try:
        yield
    except InvalidEvent:
        raise
    except Exception as error:
        if problem := _problem(error):
            raise OutboxMissing(problem) from error
        raise


def _problem(error: Exception) -> str | None:
    state = _sqlstate(error)
    if state == UNDEFINED_TABLE or SQLITES in str(error):
        return MISSING
    return NO_RIGHT if state == NO_PRIVILEGE else None


def _sqlstate(error: BaseException) -> str | None:
    """What the server said, in the driver's error or in what a library wrapped around it."""
    for each in (error, getattr(error, "orig", None), error.__cause__):
        for name in ("sqlstate", "pgcode"):
            if isinstance(state := getattr(each, name, None), str):
                return state
    return None
