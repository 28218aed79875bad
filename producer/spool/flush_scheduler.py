"""When to deliver what the spool holds: soon after Redis answered, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from trailkeeper.producer.errors import SpoolUnavailable, StreamUnavailable

from .flushing import FlushInProgress

logger = logging.getLogger("trailkeeper")

LOOK_SECONDS = 30.0
"""How often a process looks for what others left behind."""
AGAIN_SECONDS = 5.0
"""After a delivery that failed, or was another's."""


class FlushScheduler:
    """Starts a delivery where one is due: at the first chance, after something was spooled, and now and then.

    Args:
        flush: delivers; returns how many.
        holds: whether there may be something, at hardly any cost.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        flush: Callable[[], int],
        holds: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._flush = flush
        self._holds = holds
        self._clock = clock
        self._due = 0.0

    def spooled(self) -> bool:
        """Something was spooled: deliver at the next chance. Returns whether it is the first since then."""
        was_due, self._due = self._due == 0.0, 0.0
        return not was_due

    def redis_answered(self) -> None:
        """A chance. Costs a look at the clock, nearly always."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + LOOK_SECONDS
        if self._holds():
            self._start()

    def _start(self) -> None:
        try:
            threading.Thread(target=self._run, name="trailkeeper-spool", daemon=True).start()
        except RuntimeError as error:  # no more threads, or the interpreter is ending
            logger.warning("spool_waits: no thread could be started: %s", error)

    def _run(self) -> None:
        try:
            delivered = self._flush()
        except FlushInProgress:
            # it may have been about to end when we asked
            self._due = self._clock() + AGAIN_SECONDS
            return
        except (StreamUnavailable, SpoolUnavailable) as error:
            self._due = self._clock() + AGAIN_SECONDS
            logger.warning("spool_waits: %s", error)
            return
        if delivered:
            logger.info("spool_delivered: %d events", delivered)
