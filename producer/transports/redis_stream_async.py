"""The stream in Redis for coroutines: the same XADD, without blocking the event loop."""

from __future__ import annotations

import asyncio
import os
import time
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from trailkeeper.producer.message import fields_of

from .address import RedisAddress
from .patience import Patience
from .pipe import Answer, Pipe
from .redis_errors import FAILURES, Attempts
from .resp import Reply, accepted, confirmed, packed
from .shared_wait import SharedWait

CONNECT_SECONDS = 2.0
"""How long an attempt to connect may last beyond the patience of those who wait for it."""

T = TypeVar("T")
_of_parents: list[Any] = []
"""What a forked child inherited. Freeing it would close connections that its parent uses."""


class AsyncRedisStream:
    """The `asend` of a Redis Stream: one connection for each event loop, closed when its loop ends.

    Args:
        key: of the stream.
        address: of the server, parsed.
        replicas: how many servers besides have to have a message.
    """

    def __init__(self, key: str, address: RedisAddress, replicas: int = 0) -> None:
        self._key = key.encode()
        self._replicas = replicas
        self._address = address
        self._pid = os.getpid()
        self._lines: dict[AbstractEventLoop, _Line] = {}

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """See `Transport.asend`."""
        await self.asend_all([fields_of(payload, invalid, signature)], deadline)

    async def asend_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        """See `Transport.asend_all`."""
        with Attempts(self._address) as attempts:
            line = await self._line()
            while True:
                try:
                    commands = self._added(entries)
                    answer = await line.ask(commands, deadline, self._replies_to(entries), attempts)
                    return confirmed(_replies_in(answer), self._replicas, attempts)
                except FAILURES as error:
                    if (pause := self._pause_after(error, deadline)) is None:
                        raise
                    line.leave(ConnectionAbortedError(f"another server is asked, as it answered: {error}"))
                await asyncio.sleep(pause)

    def _pause_after(self, error: BaseException, deadline: float) -> float | None:
        """Seconds to wait before the command is sent again, perhaps to another server; None to give up."""
        pause = self._address.pause_after(error)
        return None if pause is None or time.monotonic() + pause >= deadline else pause

    def _added(self, entries: Iterable[Mapping[bytes, bytes]]) -> bytes:
        begin = (b"XADD", self._key, b"*")
        return b"".join([packed(*begin, *chain.from_iterable(fields.items())) for fields in entries])

    def _replies_to(self, entries: Sequence[Mapping[bytes, bytes]]) -> int:
        return len(entries) + bool(self._replicas)

    async def _line(self) -> _Line:
        if self._pid != os.getpid():
            _of_parents.append(self._lines)
            self._pid, self._lines = os.getpid(), {}
        loop = asyncio.get_running_loop()
        if loop not in self._lines:
            for closed in [each for each in self._lines if each.is_closed()]:
                del self._lines[closed]
            line = self._lines[loop] = _Line(self._address, self._replicas)
            await anext(line.closing)
        return self._lines[loop]


class _Line:
    """The way of one event loop to Redis: a connection that all coroutines share, opened by the first."""

    def __init__(self, address: RedisAddress, replicas: int) -> None:
        self._address = address
        self._replicas = replicas
        self._pipe = Pipe()
        self._shared = SharedWait(self._pipe, replicas)
        self._opening: asyncio.Task[Pipe] | None = None
        self.closing = self._close_with_loop()

    async def ask(self, commands: bytes, deadline: float, count: int, attempts: Attempts) -> Answer:
        """Send commands at once and wait for their replies; notes each attempt.

        Raises:
            OSError, RefusedError: no connection could be opened, or Redis did not answer in time.
        """
        while True:
            opening = self._opened()
            is_new = not opening.done()
            shared = self._shared
            pipe = await self._wait(opening, self._pipe, deadline)
            attempts.unanswered += 1
            asked = shared.ask(commands, count, deadline) if self._replicas else pipe.ask(commands, count)
            answer = await self._wait(asked, pipe, deadline)
            # an open connection may have been closed while it was idle, as by a restarted server
            if is_new or not isinstance(answer, OSError) or time.monotonic() >= deadline:
                return answer

    def leave(self, error: OSError) -> None:
        """Close the connection, so that the next command opens one to whoever is the master then."""
        self._pipe.close(error)

    def _opened(self) -> asyncio.Task[Pipe]:
        """The opening of the connection in use; a new one where that failed or was closed."""
        opening = self._opening
        if opening is None or (opening.done() and self._pipe.error is not None):
            self._pipe = Pipe()
            self._shared = SharedWait(self._pipe, self._replicas)
            opening = self._opening = asyncio.create_task(self._open(self._pipe))
            opening.add_done_callback(_retrieve_exception)
        return opening

    async def _open(self, pipe: Pipe) -> Pipe:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._address.connect(lambda: pipe)
                for command in self._address.greeting():
                    accepted(_replies_in(await pipe.ask(packed(*command))))
        except BaseException:
            pipe.close(ConnectionAbortedError("it was not opened"))
            raise
        return pipe

    async def _wait(self, future: asyncio.Future[T], pipe: Pipe, deadline: float) -> T:
        """The result of a future that others may wait for as well.

        Raises:
            TimeoutError: Redis was silent until the deadline; what is silent is not used again.
        """
        patience = Patience(deadline, pipe.answered)
        while not future.done():
            await asyncio.wait([future], timeout=patience.next_wait())
            if not future.done() and patience.is_over(pipe.answered):
                error = TimeoutError("the time allowed is over")
                if self._opening is not future:  # opening has a time-out of its own
                    pipe.close(error)
                raise error
        return future.result()

    async def _close_with_loop(self) -> AsyncGenerator[None]:
        """Close it when the loop shuts down its async generators, as `asyncio.run` does at the end."""
        pid = os.getpid()
        try:
            yield
        finally:
            if os.getpid() == pid:  # else it is a parent's
                if self._opening is not None:
                    self._opening.cancel()
                self._pipe.close(ConnectionAbortedError("the event loop ended"))
                await asyncio.sleep(0)


def _replies_in(answer: Answer) -> list[Reply]:
    if isinstance(answer, OSError):
        raise answer
    return answer


def _retrieve_exception(opening: asyncio.Task[Pipe]) -> None:
    if not opening.cancelled():
        opening.exception()
