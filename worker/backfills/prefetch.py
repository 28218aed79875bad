"""What the next chunk needs, prepared while this one is being written."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from trailkeeper.models.engine import transaction

logger = logging.getLogger(__name__)

Prepared = TypeVar("Prepared")

FRESH_SECONDS = 5.0
"""What waited longer is thrown away: meanwhile anything may have happened to what it was made of."""


class Prefetch(Generic[Prepared]):
    """Prepares one thing in a thread and a transaction of its own. A caller without it prepares it itself.

    Args:
        engine: the database.
        seconds: how long a thing is fresh.
        clock: seconds that only grow.
    """

    def __init__(
        self, engine: Engine, seconds: float = FRESH_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._seconds = seconds
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "prefetch")
        self._begun: _Begun[Prepared] | None = None

    def begin(self, key: Hashable, prepare: Callable[[Connection], Prepared]) -> None:
        """Call *prepare* in the thread; what was begun before and not taken is thrown away."""
        self._drop()
        self._begun = _Begun(key, self._clock(), self._thread.submit(self._run, prepare))

    def take(self, key: Hashable) -> Prepared | None:
        """What was begun under *key*, once; None where that is something else, too old, or failed."""
        begun = self._begun
        if begun is None or begun.key != key or self._clock() - begun.at > self._seconds:
            self._drop()
            return None
        self._begun = None
        try:
            return begun.result.result()
        except Exception:
            # the chunk itself meets the same error, and handles it there
            logger.info("could not prepare a chunk", exc_info=True)
            return None

    def close(self) -> None:
        """End the thread."""
        self._drop()
        self._thread.shutdown()

    def _run(self, prepare: Callable[[Connection], Prepared]) -> Prepared:
        with transaction(self._engine) as connection:
            return prepare(connection)

    def _drop(self) -> None:
        if self._begun is not None:
            self._begun.result.cancel()
            self._begun = None


class _Begun(NamedTuple, Generic[Prepared]):
    key: Hashable
    at: float
    result: Future[Prepared]
