"""How often one address may try something, and how much may run at once.

Kept in the process: with several processes a limit is a little looser, but it costs no
request to another server and cannot fail with one. The library `limits` does the same
with one more dependency and a thread.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import anyio
import anyio.to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .problems import Problem
from .shares import Shares, Taker, network, once
from .tail import Tail, Tailed

MAX_ADDRESSES = 10_000
MAX_TRIES = 10
WINDOW_SECONDS = 60.0
RETRY_SECONDS = 5
ROUNDING_SECONDS = 1e-9  # what sums of floats are off by
TAIL_THREADS = 3
"""Threads that poll for all tails together, so that tails never use up the threads that answer requests."""


class RateLimiter:
    """At most some tries a minute from one address.

    Args:
        most: tries in a row.
        seconds: after this time all of them are allowed again; one comes back each *seconds* / *most*.
        clock: in seconds.
    """

    def __init__(
        self,
        most: int = MAX_TRIES,
        seconds: float = WINDOW_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._interval = seconds / most
        self._clock = clock
        self._full_again: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def refuse_excess(self, address: str | None, message: str) -> None:
        """Count one try of an address.

        Raises:
            Problem: 429, it made too many.
        """
        wait = self.take(address)
        if wait is not None:
            raise Problem(429, message, headers={"Retry-After": str(int(wait) + 1)})

    def take(self, address: str | None) -> float | None:
        """Count one try of an address.

        Returns:
            None if it is allowed; otherwise in how many seconds the next one is.
        """
        key = network(address)
        with self._lock:
            now = self._clock()
            full_again = max(now, self._full_again.get(key, now)) + self._interval
            wait = full_again - now - self._most * self._interval
            if wait > ROUNDING_SECONDS:
                return wait
            self._full_again[key] = full_again
            self._full_again.move_to_end(key)
            if len(self._full_again) > MAX_ADDRESSES:
                self._full_again.popitem(last=False)
            return None


class ConcurrencyLimiter:
    """How many long responses may run at once: in all, of strangers, and of one viewer.

    Args:
        name: completes "there are too many ...".
        shares: how many of them for whom.
    """

    def __init__(self, name: str, shares: Shares) -> None:
        self._name = name
        self._shares = shares
        self._lock = threading.Lock()

    def acquire(self, who: Taker) -> Callable[[], None]:
        """Take a slot, and return what releases it; releasing twice does no harm.

        Raises:
            Problem: 503 or 429, all slots are in use.
        """
        with self._lock:
            if not self._shares.has_room(who):
                raise _busy(503, f"there are too many {self._name} at the moment")
            if not self._shares.has_own(who):
                raise _busy(429, f"you already have {self._shares.each} {self._name}; end one of them first")
            self._shares.take(who)
        return once(partial(self._give_back, who))

    def _give_back(self, who: Taker) -> None:
        with self._lock:
            self._shares.give_back(who)


class LimitedResponse(Response):
    """A response that releases its slot when it ends, however it ends."""

    def __init__(self, response: Response, release: Callable[[], None]) -> None:
        super().__init__()
        self._response = response
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._response(scope, receive, send)
        finally:
            self._release()


def limited(limiter: ConcurrencyLimiter, who: Taker, respond: Callable[[], Response]) -> LimitedResponse:
    """The response that *respond* makes, in a slot that is released when it ends or could not be made.

    Raises:
        Problem: 503 or 429, all slots are in use; or whatever *respond* raises.
    """
    release = limiter.acquire(who)
    try:
        return LimitedResponse(respond(), release)
    except BaseException:
        release()
        raise


class TailReaders:
    """The few threads that poll for new events, on behalf of every tail of one application."""

    def __init__(self) -> None:
        self._limiter: anyio.CapacityLimiter | None = None

    async def poll(self, tail: Tail) -> list[Tailed]:
        """What is new.

        Raises:
            StoreError: the database does not answer.
        """
        if self._limiter is None:  # made here, because it belongs to a running event loop
            self._limiter = anyio.CapacityLimiter(TAIL_THREADS)
        return await anyio.to_thread.run_sync(partial(tail.poll), limiter=self._limiter)


def _busy(status: int, detail: str) -> Problem:
    return Problem(status, detail, headers={"Retry-After": str(RETRY_SECONDS)})
