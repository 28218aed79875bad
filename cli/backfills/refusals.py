"""What backfills refuse, as one line and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trailkeeper.cli.errors import WRONG_CALL, Failed
from trailkeeper.models.backfills import NoSuchBackfill, WrongState
from trailkeeper.models.backfills.staging import TakenInElsewhere
from trailkeeper.worker.backfills import InvalidRequest, NothingToDo
from trailkeeper.worker.backfills.event_file import UnusableFile


@contextmanager
def told() -> Iterator[None]:
    """Turn refusals into `Failed`: 2 where the call is to be mended, 1 where there is nothing to do.

    Raises:
        Failed: something was refused.
    """
    try:
        yield
    except (InvalidRequest, UnusableFile) as error:
        raise Failed(str(error), WRONG_CALL) from error
    except (NothingToDo, NoSuchBackfill, WrongState, TakenInElsewhere) as error:
        raise Failed(str(error)) from error
