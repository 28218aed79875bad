"""Keeps a full Redis from staying full: a step of the worker itself, not of Celery's consumer.

At its maxmemory Redis takes no Celery message either, so no drain could be sent for, and
what fills it would never leave. Then a process of its own drains (`drain.full_redis`). The check
runs in a thread: Celery's loop may be failing meanwhile, as it cannot write either.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from typing import Any

from celery import bootsteps

from trailkeeper.producer.redis_client import StreamClients

from .drain.full_redis import all_take_writes
from .outage import Outage
from .settings import settings

logger = logging.getLogger(__name__)

QUEUE = "ingest"
CHECK_SECONDS = 1.0

_outage = Outage(logger, "relieve Redis if it is full")


class FullRedisDrain(bootsteps.StartStopStep):  # type: ignore[misc]  # celery publishes no types
    """Checks every second whether Redis takes writes, if this worker takes drains."""

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._ending = threading.Event()

    def start(self, parent: Any) -> None:
        """Begin to check."""
        if QUEUE not in parent.app.amqp.queues.consume_from:
            return
        consumer = f"{parent.hostname}/relief"
        with StreamClients(settings()) as streams:
            _check(streams, consumer)  # to connect to its broker, Celery has to write
        threading.Thread(target=self._go_on, args=(consumer,), name="trailkeeper-relief", daemon=True).start()

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - the interface is Celery's
        """Stop checking; a process that drains ends by itself."""
        self._ending.set()

    def _go_on(self, consumer: str) -> None:
        with StreamClients(settings()) as streams:
            while not self._ending.wait(CHECK_SECONDS):
                _check(streams, consumer)


def _check(streams: StreamClients, consumer: str) -> None:
    try:
        _drain_if_full(streams, consumer)
        _outage.note(None)
    except Exception as error:  # noqa: BLE001 - a full Redis is never relieved once this thread has ended
        _outage.note_unforeseen(error)


def _drain_if_full(streams: StreamClients, consumer: str) -> None:
    """If Redis is full, have it drained; takes as long as that does."""
    if all_take_writes(streams):
        return
    logger.warning("Redis is full: a process of its own drains it")
    command = [sys.executable, "-m", "trailkeeper.worker.drain.full_redis", consumer]
    subprocess.run(command, check=False)  # noqa: S603 - a worker's own name is its only word
