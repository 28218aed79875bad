"""Polls the outbox in a thread of its own: the worker's event loop must not wait for Postgres."""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Engine

from trailkeeper.models import outbox
from trailkeeper.models.engine import make_engine
from trailkeeper.models.errors import StoreError

logger = logging.getLogger(__name__)

NAME = "trailkeeper outbox"
MOST_MS = 2_000
"""For one poll."""

QUICK_POLLS = 10
"""After something was found, so many polls follow quickly: where one event is, more are likely."""


class OutboxPoller:
    """Counts what waits in the outbox, again and again while it is started.

    Args:
        database_url: where the outbox is.
        schema: that has it.
        idle_seconds: between two polls while nothing waits.
        busy_seconds: between two polls after something did.
        most: rows that are counted at most.
    """

    def __init__(
        self, database_url: str, *, schema: str, idle_seconds: float, busy_seconds: float, most: int
    ) -> None:
        self._schema = schema
        self._url = database_url
        self._idle_seconds = idle_seconds
        self._busy_seconds = min(busy_seconds, idle_seconds)
        self._most = most
        self._stop = threading.Event()
        self._waiting = 0
        self._failing = False

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
            engine = make_engine(
                self._url,
                schema=self._schema,
                application_name=NAME,
                pool_size=1,
                statement_timeout_ms=MOST_MS,
            )
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
            self._log_if_changed(None)
        except StoreError as error:
            self._waiting = 0
            self._log_if_changed(error)
        return self._waiting

    def _log_if_changed(self, error: StoreError | None) -> None:
        if error and not self._failing:
            logger.warning("cannot read the outbox: %s", error)
        if self._failing and not error:
            logger.info("can read the outbox again")
        self._failing = error is not None
