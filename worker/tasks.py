"""The tasks. Each is a few lines around something that knows nothing of Celery."""

from __future__ import annotations

import logging
import threading
from typing import Any

from billiard import current_process

from . import retention, upkeep
from .celery import app
from .drain import RETRY, Drainer
from .settings import settings

logger = logging.getLogger(__name__)

PURGE_SECONDS = 6 * 3600
"""Longer than Celery waits before it gives the task to another worker, which then finds this one at it."""

_own = threading.local()  # connections are made after the fork, by the thread that uses them


@app.task(name="trailkeeper.drain", bind=True, acks_late=False)  # type: ignore[untyped-decorator]
def drain(task: Any) -> None:
    """Empty the stream for a while, as the consumer of this pool slot."""
    try:
        report = _drainer(task.request.hostname).run()
    except RETRY as error:
        logger.warning("draining waits: %s: %s", type(error).__name__, error)
        return
    if report.batches:
        logger.debug("drained", extra=report.counts())


@app.task(name="trailkeeper.beat_alive")  # type: ignore[untyped-decorator]
def beat_alive() -> None:
    """Note that beat, broker and a worker work together."""
    upkeep.beat_alive(settings())


@app.task(name="trailkeeper.make_partitions")  # type: ignore[untyped-decorator]
def make_partitions() -> None:
    """Make the partitions of the coming months and years."""
    upkeep.make_partitions(settings())


@app.task(name="trailkeeper.reap_consumers")  # type: ignore[untyped-decorator]
def reap_consumers() -> None:
    """Remove consumers of the stream that are gone and hold nothing."""
    upkeep.reap_consumers(settings())


@app.task(name="trailkeeper.purge", acks_late=True, time_limit=PURGE_SECONDS, soft_time_limit=None)  # type: ignore[untyped-decorator]
def purge() -> None:
    """Remove events past their retention, unless another worker is at it."""
    try:
        retention.purge(settings())
    except retention.Busy as error:
        logger.info("no purge: %s", error)


def _drainer(hostname: str) -> Drainer:
    if not hasattr(_own, "drainer"):
        _own.drainer = Drainer(settings(), f"{hostname}/{_slot()}")
    drainer: Drainer = _own.drainer
    return drainer


def _slot() -> str:
    """What stays the same when a pool process is replaced."""
    index = getattr(current_process(), "index", None)
    return threading.current_thread().name if index is None else str(index)
