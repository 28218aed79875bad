"""Coroutines that want replicas to have their events share one WAIT: Redis waits for one at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from unittest.mock import Mock

from trailkeeper.producer.transports.pipe import Answer, Pipe
from trailkeeper.producer.transports.redis_errors import RefusedError
from trailkeeper.producer.transports.shared_wait import SharedWait


def in_a_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """The same test, run by an event loop of its own."""

    @wraps(test)
    def run() -> None:
        asyncio.run(test())

    return run


class Server:
    """What was sent on a connection, in writes, and what is answered."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.pipe = Pipe()
        self.pipe.connection_made(Mock(write=self.writes.append))
        self.shared = SharedWait(self.pipe, 1)

    def ask(self, *commands: bytes) -> asyncio.Future[Answer]:
        return self.shared.ask(b"".join(commands), len(commands) + 1, time.monotonic() + 1)

    async def answer(self, *replies: bytes) -> None:
        self.pipe.data_received(b"".join(reply + b"\r\n" for reply in replies))
        await self.settled()

    async def settled(self) -> None:
        for _ in range(3):
            await asyncio.sleep(0)


@in_a_loop
async def test_all_that_ask_at_once_share_a_wait_and_get_their_own_replies() -> None:
    server = Server()
    one, two = server.ask(b"A"), server.ask(b"B", b"C")
    await server.settled()
    assert [write.count(b"WAIT") for write in server.writes] == [1]
    assert server.writes[0].startswith(b"ABC")

    await server.answer(b"+a", b"+b", b"+c", b":1")

    assert (one.result(), two.result()) == ([b"a", 1], [b"b", b"c", 1])


@in_a_loop
async def test_who_asks_during_a_wait_goes_with_the_next_one() -> None:
    server = Server()
    server.ask(b"A")
    await server.settled()
    later = [server.ask(b"B"), server.ask(b"C")]
    await server.settled()
    assert len(server.writes) == 1

    await server.answer(b"+a", b":1")
    assert server.writes[1].startswith(b"BC")
    await server.answer(b"+b", b"+c", b":2")

    assert [future.result() for future in later] == [[b"b", 2], [b"c", 2]]
    alone = server.ask(b"D")
    await server.settled()
    await server.answer(b"+d", b":1")
    assert alone.result() == [b"d", 1]


@in_a_loop
async def test_whoever_waits_behind_a_wait_that_failed_does_not_wait_for_one_of_their_own() -> None:
    server = Server()
    first = server.ask(b"A")
    await server.settled()
    later = server.ask(b"B")

    await server.answer(b"+a", b":0")

    assert first.result() == [b"a", 0]
    answer = later.result()
    assert isinstance(answer, list)
    assert all(isinstance(reply, RefusedError) and "0 of 1 replicas" in str(reply) for reply in answer)
    assert len(answer) == 2
    assert len(server.writes) == 1
    again = server.ask(b"C")
    await server.settled()
    await server.answer(b"+c", b":1")
    assert again.result() == [b"c", 1]


@in_a_loop
async def test_who_was_cancelled_before_it_was_sent_is_not_sent() -> None:
    server = Server()
    server.ask(b"A").cancel()
    await server.settled()
    assert server.writes == []
    other = server.ask(b"B")
    await server.settled()
    await server.answer(b"+b", b":1")
    assert other.result() == [b"b", 1]


@in_a_loop
async def test_a_lost_connection_is_told_to_all() -> None:
    server = Server()
    first = server.ask(b"A")
    await server.settled()
    later = server.ask(b"B")
    server.pipe.connection_lost(None)
    await server.settled()
    assert isinstance(first.result(), ConnectionResetError)
    assert isinstance(later.result(), ConnectionResetError)
