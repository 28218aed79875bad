"""A live tail as server-sent events.

Each message is an event as JSON, its id the newest event's so far: a browser that
was cut off sends it back, and goes on from there. A stream ends after a quarter
of an hour, and whoever listens comes again, so that roles that were taken away
do not live on in a connection.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

import anyio
import anyio.to_thread
import msgspec

from trailkeeper.models.errors import StoreError
from trailkeeper.views.tail import Tail

LOOK_SECONDS = 0.5
AWAY_SECONDS = 2.0
KEEPALIVE_SECONDS = 15.0
LIFE_SECONDS = 15 * 60.0
RETRY_MS = 2_000
LOOKING_AT_ONCE = 3
"""Threads that look for all tails together, so that they never take those that answer requests."""

MEDIA_TYPE = "text/event-stream"
HEADERS = {"X-Accel-Buffering": "no"}  # nginx would hold messages back

_json = msgspec.json.Encoder()


class Looks:
    """The few threads that look for new events, on behalf of every tail of one event loop."""

    def __init__(self) -> None:
        self._limiter: anyio.CapacityLimiter | None = None

    async def look(self, tail: Tail) -> list[dict[str, Any]]:
        """What is new.

        Raises:
            StoreError: the database does not answer.
        """
        if self._limiter is None:  # made here, since it belongs to a running loop
            self._limiter = anyio.CapacityLimiter(LOOKING_AT_ONCE)
        return await anyio.to_thread.run_sync(partial(tail.look), limiter=self._limiter)


async def messages(
    tail: Tail, looks: Looks, since: UUID | None, seconds: float | None = None
) -> AsyncIterator[bytes]:
    """What is sent, until the stream has lived long enough or nobody listens any more."""
    ends = time.monotonic() + (LIFE_SECONDS if seconds is None else seconds)
    newest, spoken = since, time.monotonic()
    yield b"retry: %d\n\n" % RETRY_MS
    while time.monotonic() < ends:
        pause, found = LOOK_SECONDS, []
        try:
            found = await looks.look(tail)
        except StoreError:
            pause = AWAY_SECONDS  # nothing is lost: the next look finds it
        for event in found:
            newest = max(newest or UUID(int=0), UUID(event["id"]))
            yield _message(event, newest)
        now = time.monotonic()
        if found:
            spoken = now
        elif now - spoken > KEEPALIVE_SECONDS:
            spoken = now
            yield b": nothing new\n\n"
        await anyio.sleep(pause)


def _message(event: dict[str, Any], newest: UUID) -> bytes:
    return b"id: %b\nevent: event\ndata: %b\n\n" % (str(newest).encode(), _json.encode(event))
