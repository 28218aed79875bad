"""A broker that answers, and refuses: as good as one that is away, for Celery as well.

Redis refuses while it is a replica, wants replicas, has no memory or no disk, or does not allow a command
to its user. Kombu means something else by such errors: Celery ends at one while it connects, and one in place
of a message is taken for that message. Here they are errors of the connection, so that Celery tries again,
less and less often, as long as it takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis

from trailkeeper.producer.redis_notes import is_garbage

SHORTEST, LONGEST = 1.0, 30.0
"""Seconds until Redis is asked again."""

SOON_SECONDS = 60.0
"""Refused again within this time, it refuses something that the question does not show."""


class BrokerRefused(redis.ConnectionError):
    """Redis refuses what Celery needs of it."""


class Refusals:
    """What Redis refused to this process and has not been asked about yet."""

    def __init__(self) -> None:
        self._last: str | None = None
        self._seconds = SHORTEST
        self._due, self._over = 0.0, -SOON_SECONDS

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Raise `BrokerRefused` for what Redis refuses; that a key holds garbage stays what it is."""
        try:
            yield
        except redis.exceptions.NoScriptError:
            raise  # redis-py then loads the script
        except redis.ResponseError as error:
            if is_garbage(error):
                raise
            self._note(f"Redis refuses: {error}")
            raise BrokerRefused(f"Redis refuses: {error}") from error

    def _note(self, why: str) -> None:
        now = time.monotonic()
        if self._last is None:
            again = now - self._over < SOON_SECONDS
            self._seconds = min(self._seconds * 2, LONGEST) if again else SHORTEST
            self._due = now + self._seconds
        self._last = why

    def ask(self, question: Callable[[], object]) -> None:
        """If something was refused, ask whether that is over.

        Args:
            question: runs commands as Celery does.

        Raises:
            BrokerRefused: it is not, or it is too early to ask.
        """
        if self._last is None:
            return
        if time.monotonic() < self._due:
            raise BrokerRefused(self._last)
        question()
        self._last, self._over = None, time.monotonic()


refusals = Refusals()
"""Those of this process."""
