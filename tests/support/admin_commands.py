"""A worker of this process that carries out orders and runs backfills, as Celery would have one do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from trailkeeper.worker.admin_commands import AdminCommandExecutor
from trailkeeper.worker.backfills import Runner
from trailkeeper.worker.settings import WorkerSettings

LOOK_SECONDS = 0.05


@contextmanager
def carrying(settings: WorkerSettings) -> Iterator[None]:
    """For the time of the block."""
    ending = threading.Event()
    thread = threading.Thread(target=_work, args=(settings, ending), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(20)


def _work(settings: WorkerSettings, ending: threading.Event) -> None:
    runner = Runner(settings)
    carrier = AdminCommandExecutor(runner.engine, runner.parts)
    going: set[int] = set()
    while not ending.wait(LOOK_SECONDS):
        going |= set(carrier.run())
        going = {identity for identity in going if runner.step(identity).state in {"running", "unknown"}}
    runner.close()
