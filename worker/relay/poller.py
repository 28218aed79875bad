"""Polls the outbox in a thread of its own: the worker's event loop must not wait for Postgres."""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Engine

from trailkeeper.models import outbox
from trailkeeper.models.errors import StoreError
from trailkeeper.worker.engines import engine_of
from trailkeeper.worker.outage import Outage
from trailkeeper.worker.settings import WorkerSettings

logger = logging.getLogger(__name__)

MOST_MS = 2_000
"""For one poll."""

QUICK_POLLS = 10
"""After something was found, so many polls follow quickly: where one event is, more are likely."""


class OutboxPoller:
    """Counts what waits in the outbox, again and again while it is started.

    Args:
        settings: where the outbox is, and how often to poll it: less often while nothing waits.
        most: rows that are counted at most.
    """

    def __init__(self, settings: WorkerSettings, *, most: int) -> None:
        self._settings = settings
        self._idle_seconds = settings.outbox_ms / 1000
        self._busy_seconds = min(settings.dispatch_ms / 1000, self._idle_seconds)
        self._most = most
        self._stop = threading.Event()
        self._waiting = 0
        self.outage = Outage(logger, "read the outbox")

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="trailkeeper-outbox", daemon=True).start()

    def stop(self) -> None:
        """End the thread. Does not wait for a poll that is under way."""
        self._stop.set()

    def waiting(self) -> int:
        """How many rows waited at the last poll."""
        return self._waiting

    def forget(self) -> None:
        """What waits is taken care of; the next poll counts anew."""
        self._waiting = 0

    def _run(self) -> None:
        try:
            engine = engine_of(self._settings, "outbox", pool_size=1, statement_timeout_ms=MOST_MS)
        except ValueError as error:
            logger.error("cannot read the outbox: %s", error)  # noqa: TRY400 - the message says it all
            return
        quick = 0
        try:
            while not self._stop.wait(self._busy_seconds if quick > 0 else self._idle_seconds):
                quick = QUICK_POLLS if self._poll(engine) else quick - 1
        finally:
            engine.dispose()

    def _poll(self, engine: Engine) -> int:
        try:
            self._waiting = outbox.waiting(engine, self._most)
            self.outage.note(None)
        except StoreError as error:
            self._waiting = 0
            self.outage.note(error)
        except Exception as error:  # noqa: BLE001 - nothing is relayed once this thread has ended
            self._waiting = 0
            self.outage.note_unforeseen(error)
        return self._waiting
