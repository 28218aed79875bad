"""When to deliver the spool: soon after Redis answered, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from trailkeeper.producer.errors import SpoolUnavailable, StreamUnavailable

from .flushing import FlushInProgress

logger = logging.getLogger("trailkeeper")

IDLE_SECONDS = 30.0
"""How often a process checks for what others left in the spool."""
RETRY_SECONDS = 5.0
"""Until the next try, after a delivery that failed or that another process was doing."""


class FlushScheduler:
    """Starts a delivery when one is due: first of all, after something was spooled, and now and then.

    Args:
        flush: delivers; returns how many.
        may_hold: a cheap check whether the spool may hold anything.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        flush: Callable[[], int],
        may_hold: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._flush = flush
        self._may_hold = may_hold
        self._clock = clock
        self._due = 0.0

    def spooled(self) -> bool:
        """Something was spooled: deliver once Redis answers. Returns whether it is the first in a row."""
        was_due, self._due = self._due == 0.0, 0.0
        return not was_due

    def redis_answered(self) -> None:
        """Deliver if it is due. Nearly always costs no more than reading the clock."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + IDLE_SECONDS
        if self._may_hold():
            self._start()

    def _start(self) -> None:
        try:
            threading.Thread(target=self._run, name="trailkeeper-spool", daemon=True).start()
        except RuntimeError as error:  # no more threads, or the interpreter is shutting down
            logger.warning("spool_waits: no thread could be started: %s", error)

    def _run(self) -> None:
        try:
            delivered = self._flush()
        except FlushInProgress:
            # the other delivery may have been about to end, and may have missed the newest events
            self._due = self._clock() + RETRY_SECONDS
            return
        except (StreamUnavailable, SpoolUnavailable) as error:
            self._due = self._clock() + RETRY_SECONDS
            logger.warning("spool_waits: %s", error)
            return
        except Exception:
            self._due = self._clock() + RETRY_SECONDS
            logger.exception("spool_waits")
            return
        if delivered:
            logger.info("spool_delivered: %d events", delivered)
