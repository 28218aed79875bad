"""Events sent as fast as they are taken, until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import redis

from tests.support.drains import STREAM, an_event
from tests.support.waiting import until
from trailkeeper.producer.wire import encode

PAUSE = 0.0005
"""Between two events, in seconds: a steady load that leaves the machine room for what is tested."""


class Load:
    """What was sent and confirmed by Redis: those must be in the table, each once."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=None)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self.confirmed: set[UUID] = set()

    def _send(self) -> None:
        while not self._stop.is_set():
            event = an_event(ip="8.8.8.8", user_agent="twine/4.0.2 CPython/3.11.3")
            try:
                self._client.xadd(STREAM, {"e": encode(event)})
            except redis.RedisError:
                time.sleep(0.01)  # Redis is away: this one is not confirmed, whether it got there or not
            else:
                self.confirmed.add(event.id)
                time.sleep(PAUSE)

    def wait_for(self, number: int) -> None:
        """Wait until so many more events were taken."""
        goal = len(self.confirmed) + number
        until(lambda: len(self.confirmed) >= goal, 60, f"{number} more events were taken")

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()
        self._thread.join()
        self._client.close()


@contextmanager
def load(url: str) -> Iterator[Load]:
    """A load for the time of the block."""
    sending = Load(url)
    sending.start()
    try:
        yield sending
    finally:
        sending.stop()
