"""The tasks. Each is a few lines around something that knows nothing of Celery."""

from __future__ import annotations

import logging
import threading
from typing import Any

from billiard import current_process

from . import counting, retention, upkeep
from .admin_commands import AdminCommandExecutor
from .backfills import Runner, stalled_backfills
from .celery import app
from .drain import Drainer
from .ingest import RETRY
from .relay import Relayer
from .settings import settings

logger = logging.getLogger(__name__)

PURGE_SECONDS = 6 * 3600
"""Longer than Celery waits before it gives the task to another worker, which then finds this one at it."""

CHUNKS_SECONDS = 1.0
"""How long one task does chunks: then whatever else waits in the queue has its turn."""

RESUMED_SECONDS = 60
"""After this long, a chunk that nobody took is better sent for again."""

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


@app.task(name="trailkeeper.relay", bind=True, acks_late=False)  # type: ignore[untyped-decorator]
def relay(task: Any) -> None:
    """Empty the outbox for a while."""
    try:
        report = _relayer(task.request.hostname).run()
    except RETRY as error:
        logger.warning("relaying waits: %s: %s", type(error).__name__, error)
        return
    if report.batches:
        logger.debug("relayed", extra=report.counts())


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


@app.task(name="trailkeeper.count")  # type: ignore[untyped-decorator]
def count() -> None:
    """Look whether numbered events are missing, and tell."""
    try:
        counting.check(settings())
    except RETRY as error:
        logger.warning("counting waits: %s: %s", type(error).__name__, error)


@app.task(name="trailkeeper.purge", acks_late=True, time_limit=PURGE_SECONDS, soft_time_limit=None)  # type: ignore[untyped-decorator]
def purge() -> None:
    """Remove events past their retention, unless another worker is at it."""
    try:
        retention.purge(settings())
    except retention.Busy as error:
        logger.info("no purge: %s", error)


@app.task(name="trailkeeper.resume_stalled_backfills")  # type: ignore[untyped-decorator]
def resume_stalled_backfills() -> None:
    """Start another chunk of each stalled backfill."""
    try:
        stalled = stalled_backfills(settings())
    except RETRY as error:
        logger.warning("backfills wait: %s: %s", type(error).__name__, error)
        return
    for identity in stalled:
        backfill_chunk.apply_async((identity,), {"after_silence": True}, expires=RESUMED_SECONDS)


@app.task(name="trailkeeper.run_admin_commands")  # type: ignore[untyped-decorator]
def run_admin_commands() -> None:
    """Carry out the commands that admins sent by pages and API."""
    try:
        runner = _runner()
        for identity in AdminCommandExecutor(runner.engine, runner.parts).run():
            backfill_chunk.apply_async((identity,))
    except RETRY as error:
        logger.warning("admin commands wait: %s: %s", type(error).__name__, error)


@app.task(name="trailkeeper.backfill_chunk", bind=True, acks_late=True, reject_on_worker_lost=True)  # type: ignore[untyped-decorator]
def backfill_chunk(task: Any, identity: int, after_silence: bool = False) -> None:
    """Do chunks of a backfill for a moment, and send for the next; when the process dies, another begins."""
    died = bool((task.request.delivery_info or {}).get("redelivered"))
    try:
        step = _runner().run(identity, CHUNKS_SECONDS, after_silence=after_silence or died)
    except RETRY as error:
        logger.warning("backfill %d waits: %s: %s", identity, type(error).__name__, error)
        return  # beat sends for it again
    if step.mine and step.state == "running":
        backfill_chunk.apply_async((identity,), countdown=step.seconds or None)


def _runner() -> Runner:
    if not hasattr(_own, "runner"):
        _own.runner = Runner(settings())
    runner: Runner = _own.runner
    return runner


@app.task(name="trailkeeper.scrub", acks_late=True, time_limit=PURGE_SECONDS, soft_time_limit=None)  # type: ignore[untyped-decorator]
def scrub() -> None:
    """Take personal data out of old events, unless another worker is at it."""
    try:
        retention.scrub(settings())
    except retention.Busy as error:
        logger.info("no scrub: %s", error)


@app.task(name="trailkeeper.collect", acks_late=True, time_limit=PURGE_SECONDS, soft_time_limit=None)  # type: ignore[untyped-decorator]
def collect() -> None:
    """Remove locations and user agents that no event uses, unless a purge is running."""
    try:
        retention.collect_orphans(settings())
    except retention.Busy as error:
        logger.info("no collection: %s", error)


def _drainer(hostname: str) -> Drainer:
    if not hasattr(_own, "drainer"):
        _own.drainer = Drainer(settings(), f"{hostname}/{_slot()}")
    drainer: Drainer = _own.drainer
    return drainer


def _relayer(hostname: str) -> Relayer:
    if not hasattr(_own, "relayer"):
        _own.relayer = Relayer(settings(), f"{hostname}/{_slot()}")
    relayer: Relayer = _own.relayer
    return relayer


def _slot() -> str:
    """What stays the same when a pool process is replaced."""
    index = getattr(current_process(), "index", None)
    return threading.current_thread().name if index is None else str(index)
