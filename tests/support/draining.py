"""A worker beside a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.settings import WorkerSettings


@contextmanager
def a_drain(settings: WorkerSettings) -> Iterator[None]:
    """Drains the stream in a thread, for the time of the block."""
    ending = threading.Event()

    def drain() -> None:
        drainer = Drainer(settings, "test/1")
        while not ending.wait(0.02):
            drainer.run(1)
        drainer.close()

    thread = threading.Thread(target=drain)
    thread.start()
    yield
    ending.set()
    thread.join()
