"""Who may have the database, and a thread, at the same time; whoever must wait does so without either.

A slot is taken once it is known who asks, and is free again when the answer begins: a client that reads
slowly keeps none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import Problem
from .shares import Rank, Shares, Taker, once

HELD = "trailkeeper.read_slots"
"""The key of an ASGI scope under which a request keeps what gives its slots back."""

WAIT_SECONDS = 5.0
RETRY_SECONDS = 5
MOST_WAITING = 200
"""Strangers that wait, all together; the memory of one is some kilobytes."""

WAITING_EACH = 10
"""Requests of one person, or of one network of strangers, that wait."""

BUSY = "there are too many requests at the moment"
TOO_MANY = "there are too many requests from your address or account at once; wait for their answers"


class ReadSlots:
    """The slots of one application. All of it runs in one event loop.

    Args:
        pool: the most connections to the database.
    """

    def __init__(self, pool: int) -> None:
        self._shares = Shares(*slots_of(pool))
        self._waiting: list[tuple[Taker, anyio.Event]] = []

    async def acquire(self, who: Taker) -> Callable[[], None]:
        """Take a slot, as soon as one is free, and return what releases it; releasing twice does no harm.

        Raises:
            Problem: 429 or 503, too many wait already, or it took too long.
        """
        if self._fits(who):
            self._shares.take(who)
        else:
            await self._wait(who)
        return once(partial(self._give_back, who))

    async def _wait(self, who: Taker) -> None:
        """Until somebody gives this one a slot, which is then taken already."""
        waiting = Counter(other.key for other, _ in self._waiting)
        if waiting[who.key] >= WAITING_EACH:
            raise Problem(429, TOO_MANY, headers={"Retry-After": str(RETRY_SECONDS)})
        strangers = sum(other.rank is Rank.STRANGER for other, _ in self._waiting)
        if who.rank is Rank.STRANGER and strangers >= MOST_WAITING:
            raise Problem(503, BUSY, headers={"Retry-After": str(RETRY_SECONDS)})
        turn = anyio.Event()
        self._waiting.append((who, turn))
        try:
            with anyio.move_on_after(WAIT_SECONDS):
                await turn.wait()
        except BaseException:  # the request was cancelled, perhaps when it had just got its turn
            if turn.is_set():
                self._give_back(who)
            raise
        finally:
            if not turn.is_set():
                self._waiting.remove((who, turn))
        if not turn.is_set():
            raise Problem(503, BUSY, headers={"Retry-After": str(RETRY_SECONDS)})

    def _fits(self, who: Taker) -> bool:
        return self._shares.has_own(who) and self._shares.has_room(who)

    def _give_back(self, who: Taker) -> None:
        """To the next in the queue: admins first, then whoever has waited longest."""
        self._shares.give_back(who)
        for waiting in sorted(self._waiting, key=lambda waiting: -waiting[0].rank):
            other, turn = waiting
            if self._fits(other):
                self._shares.take(other)
                self._waiting.remove(waiting)
                turn.set()


def slots_of(pool: int) -> tuple[int, int, int, int]:
    """Of strangers, with those of people, with those of admins, and of each, for so many connections."""
    kept = max(1, pool // 5)
    return kept, max(1, pool - kept), pool, kept


class ReleasedSlots:
    """Gives back the slots of a request when its answer begins, or when it ends without one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Callable[[], None]] = scope.setdefault(HELD, [])

        def release() -> None:
            while held:
                held.pop()()

        async def releasing_send(message: Message) -> None:
            release()
            await send(message)

        try:
            await self._app(scope, receive, releasing_send)
        finally:
            release()
