"""Whether something waits in the outbox: looked at in a thread, as who asks must not wait for Postgres."""

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
"""For one look."""

LOOKS_AFTER_A_FIND = 10
"""After something was found, so many looks follow quickly: where one event is, more are likely."""


class OutboxPoller:
    """Looks again and again, with one statement each time, while it is started.

    Args:
        database_url: where the outbox is.
        schema: that has it.
        idle_seconds: between two looks while nothing is found.
        busy_seconds: between two looks after something was.
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
        self._found = 0
        self._failing = False

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, name="trailkeeper-outbox", daemon=True).start()

    def stop(self) -> None:
        """Look no more. Does not wait for a look that is under way."""
        self._stop.set()

    def found(self) -> int:
        """How many rows the last look found."""
        return self._found

    def forget(self) -> None:
        """Somebody takes care of what was found; the next look counts anew."""
        self._found = 0

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
            logger.error("cannot look into the outbox: %s", error)  # noqa: TRY400 - the message says it all
            return
        quick = 0
        try:
            while not self._stop.wait(self._busy_seconds if quick > 0 else self._idle_seconds):
                quick = LOOKS_AFTER_A_FIND if self._look(engine) else quick - 1
        finally:
            engine.dispose()

    def _look(self, engine: Engine) -> int:
        try:
            self._found = outbox.waiting(engine, self._most)
            self._say_if_changed(None)
        except StoreError as error:
            self._found = 0
            self._say_if_changed(error)
        return self._found

    def _say_if_changed(self, error: StoreError | None) -> None:
        if error and not self._failing:
            logger.warning("cannot look into the outbox: %s", error)
        if self._failing and not error:
            logger.info("can look into the outbox again")
        self._failing = error is not None
