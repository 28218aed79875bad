"""Asking the worker's package for backfills, and what it refuses as one line and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from trailkeeper.cli.errors import WRONG_CALL, Failed
from trailkeeper.models.backfills import NoSuchBackfill, WrongState
from trailkeeper.models.backfills.staging import TakenInElsewhere
from trailkeeper.models.engine import transaction
from trailkeeper.producer import catalogue
from trailkeeper.worker.backfills import InvalidRequest, NothingToDo, Requests
from trailkeeper.worker.backfills.event_file import UnusableFile
from trailkeeper.worker.settings import settings

NAMELESS = "unknown"


@contextmanager
def requesting(engine: Engine, by: str | None) -> Iterator[Requests]:
    """Requests of whoever runs the command, in one transaction."""
    known = catalogue.load(settings().catalogue)
    with transaction(engine) as connection:
        yield Requests(connection, known, by or NAMELESS)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn refusals into `Failed`: 2 where the call is to be corrected, 1 where there is nothing to do.

    Raises:
        Failed: something was refused.
    """
    try:
        yield
    except (InvalidRequest, UnusableFile) as error:
        raise Failed(str(error), WRONG_CALL) from error
    except (NothingToDo, NoSuchBackfill, WrongState, TakenInElsewhere) as error:
        raise Failed(str(error)) from error
