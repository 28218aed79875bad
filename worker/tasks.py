"""The tasks. Each is a few lines around something that knows nothing of Celery."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from billiard import current_process

from . import counting, retention, upkeep
from .admin_commands import AdminCommandExecutor
from .backfills import Runner, stalled_backfills
from .celery import app
from .drain import Drainer
from .ingest import RETRY
from .relay import Relayer
from .settings import WorkerSettings, settings

logger = logging.getLogger(__name__)

PURGE_SECONDS = 6 * 3600
"""Longer than Celery waits before it gives the task to another worker, which then finds this one at it."""

CHUNKS_SECONDS = 1.0
"""How long one task does chunks: then whatever else waits in the queue has its turn."""

RESUMED_SECONDS = 60
"""After this long, a chunk that no worker took is sent again."""

GOVERNED: dict[str, Any] = {"acks_late": True, "time_limit": PURGE_SECONDS}
"""Options of the tasks that run once in the fleet."""

Made = TypeVar("Made")

_own = threading.local()  # connections are made after the fork, by the thread that uses them


def task(name: str, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """A task of Celery's. What means *later* is a line of the log: beat or dispatcher start it again."""

    def decorate(call: Callable[..., None]) -> Any:
        @wraps(call)
        def run(*arguments: Any, **keywords: Any) -> None:
            try:
                call(*arguments, **keywords)
            except RETRY as error:
                logger.warning("%s waits: %s: %s", name, type(error).__name__, error)
            except retention.Busy as error:
                logger.info("%s: %s", name, error)

        return app.task(name=f"trailkeeper.{name}", **options)(run)

    return decorate


@task("drain", bind=True, acks_late=False)
def drain(of: Any) -> None:
    """Empty the stream for a while, as the consumer of this pool slot."""
    _ingest(Drainer, of.request.hostname)


@task("relay", bind=True, acks_late=False)
def relay(of: Any) -> None:
    """Empty the outbox for a while."""
    _ingest(Relayer, of.request.hostname)


def beat_task(name: str, call: Callable[[WorkerSettings], object], **options: Any) -> Any:
    """A task that beat starts: a call that needs the settings only."""

    @wraps(call)
    def with_settings() -> None:
        call(settings())

    return task(name, **options)(with_settings)


beat_alive = beat_task("beat_alive", upkeep.beat_alive)
make_partitions = beat_task("make_partitions", upkeep.make_partitions)
forget_stored_batches = beat_task("forget_stored_batches", upkeep.forget_stored_batches)
reap_consumers = beat_task("reap_consumers", upkeep.reap_consumers)
count = beat_task("count", counting.check)
purge = beat_task("purge", retention.purge, **GOVERNED)
scrub = beat_task("scrub", retention.scrub, **GOVERNED)
collect = beat_task("collect", retention.collect_orphans, **GOVERNED)


@task("resume_stalled_backfills")
def resume_stalled_backfills() -> None:
    """Start another chunk of each stalled backfill."""
    for identity in stalled_backfills(settings()):
        backfill_chunk.apply_async((identity,), {"after_silence": True}, expires=RESUMED_SECONDS)


@task("run_admin_commands")
def run_admin_commands() -> None:
    """Carry out the commands that admins sent by pages and API."""
    runner = _mine("runner", lambda: Runner(settings()))
    for identity in AdminCommandExecutor(runner.engine, runner.parts).run():
        backfill_chunk.apply_async((identity,))


@task("backfill_chunk", bind=True, acks_late=True, reject_on_worker_lost=True)
def backfill_chunk(of: Any, identity: int, after_silence: bool = False) -> None:
    """Do chunks of a backfill for a moment, and send for the next; when the process dies, another begins."""
    died = bool((of.request.delivery_info or {}).get("redelivered"))
    runner = _mine("runner", lambda: Runner(settings()))
    step = runner.run(identity, CHUNKS_SECONDS, after_silence=after_silence or died)
    if step.mine and step.state == "running":
        backfill_chunk.apply_async((identity,), countdown=step.seconds or None)


def _ingest(source: type[Drainer | Relayer], hostname: str) -> None:
    report = _mine(source.role, lambda: source(settings(), f"{hostname}/{_slot()}")).run()
    if report.batches:
        logger.debug("%s ended", source.role, extra=report.counts())


def _mine(name: str, make: Callable[[], Made]) -> Made:
    """What this thread made under a name before, or makes now."""
    if not hasattr(_own, name):
        setattr(_own, name, make())
    made: Made = getattr(_own, name)
    return made


def _slot() -> str:
    """What stays the same when a pool process is replaced."""
    index = getattr(current_process(), "index", None)
    return threading.current_thread().name if index is None else str(index)
