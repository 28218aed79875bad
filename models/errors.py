"""What can go wrong between us and Postgres; the one place where drivers' errors are translated.

StoreError
├── StoreUnavailable       try again later: away, starting, out of connections, a lock, a deadlock
├── StoreMisconfigured     try again once an operator has acted: no schema, no right, no such database
├── MissingPartition       try again once a partition is made for the row's scope and time
├── DuplicateRow           a row of this key is there already
└── RefusedRow             these rows can never be stored as they are
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import sqlalchemy.exc
from sqlalchemy import ExceptionContext

DATA_CLASSES = ("22", "23", "54")  # data exception, integrity violation, program limit exceeded
OPERATOR_CLASSES = ("3D", "3F", "28", "42")  # no such database or schema, not allowed, no such table
# no connection, read-only, deadlock, short of something, being stopped, a fault of its disk or its own
PASSING_CLASSES = ("08", "25", "40", "53", "57", "58", "XX")
IN_USE_CLASS = "55"
UNIQUE_VIOLATION = "23505"
LOCKED = "55P03"
READ_ONLY = "25006"  # also of a server that lives on as the replica of the one that was promoted
CHECK_VIOLATION = "23514"  # also what Postgres says of a row no partition takes


class StoreError(Exception):
    """Postgres did not do what was asked; `sqlstate` says why, where the server said so."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class StoreUnavailable(StoreError):  # noqa: N818 - reads as the sentence it is in an `except`
    """Postgres is away, starting, busy or full: the same again will work later."""


class StoreMisconfigured(StoreError):  # noqa: N818
    """The schema or a right is missing: run `trailkeeper migrate`, or look at `trailkeeper doctor`."""


class MissingPartition(StoreError):  # noqa: N818
    """No partition takes a row of this scope and time yet."""


class DuplicateRow(StoreError):  # noqa: N818
    """A row with this key is there already."""


class RefusedRow(StoreError):  # noqa: N818
    """The data itself is refused: too long for an index, out of range, not text."""


def is_passing(error: StoreError) -> bool:
    """Whether Postgres itself could not, whatever it was asked for: then it will soon."""
    return error.sqlstate is None or error.sqlstate.startswith(PASSING_CLASSES)


def is_in_use(error: StoreError) -> bool:
    """Whether somebody holds what is needed, or has begun to change it."""
    return error.sqlstate is not None and error.sqlstate.startswith(IN_USE_CLASS)


@contextmanager
def translated() -> Iterator[None]:
    """Turn every error of psycopg2 and SQLAlchemy into a `StoreError`, chained to its cause.

    For what is no statement of an engine: a full pool, a missing row, a COPY by the driver's own cursor.
    """
    try:
        yield
    except (psycopg2.Error, sqlalchemy.exc.SQLAlchemyError, ValueError) as error:
        if (store_error := _store_error(error)) is None:
            raise
        raise store_error from error


def translate(context: ExceptionContext) -> StoreError | None:
    """The error to raise for one of a statement, for SQLAlchemy's event ``handle_error``.

    A server that only reads is left: of several in the URL, a new connection finds the one that writes.
    """
    if getattr(context.original_exception, "pgcode", None) == READ_ONLY:
        context.is_disconnect = True
    # a connection that was lost in the pool is SQLAlchemy's to replace
    return None if context.is_pre_ping else _store_error(context.original_exception)


def _store_error(error: BaseException) -> StoreError | None:
    error = getattr(error, "orig", None) or error  # of an engine that is not ours
    if isinstance(error, ValueError):
        # psycopg2 refuses such a parameter before the server sees it
        return RefusedRow(str(error)) if "NUL" in str(error) else None
    if isinstance(error, psycopg2.Error):
        return _translate(error)
    return StoreUnavailable(str(error)) if isinstance(error, sqlalchemy.exc.SQLAlchemyError) else None


def _translate(error: psycopg2.Error) -> StoreError:
    state: str | None = getattr(error, "pgcode", None)
    # by this and not by the message, which comes in the server's language
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    return _kind_of(state, constraint)(_first_line(error), state)


def _kind_of(state: str | None, constraint: str | None) -> type[StoreError]:
    if state == UNIQUE_VIOLATION:
        return DuplicateRow
    if state == CHECK_VIOLATION and constraint is None:
        return MissingPartition
    if state is not None and state.startswith(DATA_CLASSES):
        return RefusedRow
    if state is not None and state.startswith(OPERATOR_CLASSES):
        return StoreMisconfigured
    return StoreUnavailable


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
