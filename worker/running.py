"""How many tasks of one kind a worker's pool has in hand, and how many more to start."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from .backlog import Backlog

MARGIN_SECONDS = 1.0
"""What a drain may need beyond its time: it finishes the batches at hand."""


class Running(NamedTuple):
    """Tasks of one kind in this worker.

    Attributes:
        busy: at work, or about to begin.
        hung: far beyond their time. They have their pool processes for themselves, and do nothing there.
    """

    busy: int
    hung: int


def running(requests: Iterable[Any], task: str, now: float, longest: float) -> Running:
    """Count tasks.

    Args:
        requests: Celery's, of all that its pool has been given.
        task: the name of those to count.
        now: seconds on the clock by which Celery notes when a task began.
        longest: seconds that such a task takes at most.
    """
    began = [request.time_start for request in requests if request.name == task]
    hung = sum(start is not None and now - start > longest + MARGIN_SECONDS for start in began)
    return Running(len(began) - hung, hung)


def wanted(backlog: Backlog, tasks: Running, *, slots: int, batch_size: int) -> int:
    """How many more drains or relays to start: one a batch, at most one a free process, none while paused."""
    if backlog.paused:
        return 0
    needed = math.ceil(backlog.new / batch_size)
    return max(0, min(needed, slots - tasks.hung) - tasks.busy)
