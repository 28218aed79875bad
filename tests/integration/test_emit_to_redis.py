"""emit() on a real server: what arrives, and how long it ever waits."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
import redis

from tests.support.drains import STREAM, entries
from tests.support.emitting import CATALOGUE, SPOOLED
from tests.support.servers import SERVERS
from tests.support.waiting import until, within
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.cli.embedded.redis import EmbeddedRedis
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.transports import RedisStream
from trailkeeper.producer.wire import decode

BUDGET = 0.25
"""Seconds that a busy machine may add to a budget. A second budget would not fit in."""


def soon() -> float:
    return time.monotonic() + BUDGET


@pytest.fixture
def redis_url(either_redis_url: str) -> str:
    """All of this is so with Valkey and with Redis."""
    return either_redis_url


@pytest.fixture
def emitter(redis_url: str) -> Iterator[Emitter]:
    found = Emitter(ProducerSettings(redis_url=redis_url), catalogue=CATALOGUE)
    yield found
    found.close()


@pytest.fixture(params=SERVERS)
def own_server(request: pytest.FixtureRequest, services_folder: Path) -> Iterator[EmbeddedRedis]:
    """A server that this test may stop."""
    server = SERVERS[request.param](services_folder / f"own-{time.monotonic_ns()}")
    server.start()
    yield server
    if server.is_running():
        os.kill(server.pid, signal.SIGCONT)
        server.kill()


def test_an_event_is_one_entry_of_one_field(emitter: Emitter, redis_url: str) -> None:
    receipt = emitter.emit(SPOOLED, user=("7", "älice"))
    ((only),) = entries(redis_url)
    assert list(only) == [b"e"]
    event, _ = decode(only[b"e"])
    assert (event.id, event.user and event.user.name, receipt.outcome) == (receipt, "älice", "stream")


def test_what_is_quarantined_has_a_second_field(redis_url: str) -> None:
    settings = ProducerSettings(redis_url=redis_url, on_invalid="quarantine")
    emitter = Emitter(settings, catalogue=CATALOGUE)
    assert emitter.emit("no:such:tag").outcome == "quarantined"
    emitter.close()
    ((only),) = entries(redis_url)
    assert list(only) == [b"e", b"invalid"]
    assert b"no event type is called" in only[b"invalid"]


def test_an_event_of_the_largest_size_arrives_whole(emitter: Emitter, redis_url: str) -> None:
    emitter.emit(SPOOLED, additional={"version": "x" * 65_000})
    assert decode(entries(redis_url)[0][b"e"])[0].additional == {"version": "x" * 65_000}


def test_fifty_threads_record_every_event_once(redis_url: str) -> None:
    # time enough for all of them in turn on a busy machine: it is not the budget that is tested
    emitter = Emitter(ProducerSettings(redis_url=redis_url, emit_budget_ms=20_000), catalogue=CATALOGUE)
    with ThreadPoolExecutor(50) as pool:
        receipts = list(pool.map(lambda number: emitter.emit(SPOOLED, user=number), range(2000)))
    emitter.close()
    assert {receipt.outcome for receipt in receipts} == {"stream"}
    stored = [decode(entry[b"e"])[0] for entry in entries(redis_url)]
    assert sorted(event.id for event in stored) == sorted(receipts)
    assert {event.user.id for event in stored if event.user} == {str(number) for number in range(2000)}


def test_two_hundred_coroutines_share_a_bounded_number_of_connections(
    client: redis.Redis, redis_url: str
) -> None:
    # time enough for all of them in turn on a busy machine: it is not the budget that is tested
    emitter = Emitter(ProducerSettings(redis_url=redis_url, emit_budget_ms=20_000), catalogue=CATALOGUE)
    before = client.info("stats")["total_connections_received"]

    async def record() -> set[str]:
        receipts = await asyncio.gather(*(emitter.aemit(SPOOLED) for _ in range(200)))
        return {receipt.outcome for receipt in receipts}

    assert asyncio.run(record()) == {"stream"}
    assert len(entries(redis_url)) == 200
    assert client.info("stats")["total_connections_received"] - before <= 1 + 2  # two are the test's own


def test_a_forked_child_records_over_a_connection_of_its_own(emitter: Emitter, redis_url: str) -> None:
    emitter.emit(SPOOLED, user="before")
    child = os.fork()
    if child == 0:
        outcomes = {emitter.emit(SPOOLED, user=f"child-{number}").outcome for number in range(50)}
        os._exit(0 if outcomes == {"stream"} else 1)
    for number in range(50):
        emitter.emit(SPOOLED, user=f"parent-{number}")
    assert os.waitpid(child, 0)[1] == 0
    users = {decode(entry[b"e"])[0].user for entry in entries(redis_url)}
    assert len(users) == 101


def test_a_restarted_server_costs_no_event(own_server: EmbeddedRedis) -> None:
    emitter = Emitter(ProducerSettings(redis_url=own_server.url), catalogue=CATALOGUE)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: emitter.emit(SPOOLED, user=number), range(40)))
    own_server.kill()
    own_server.start()
    assert [emitter.emit(SPOOLED).outcome for _ in range(5)] == ["stream"] * 5
    emitter.close()


def test_a_restarted_server_costs_a_coroutine_no_event(own_server: EmbeddedRedis) -> None:
    emitter = Emitter(ProducerSettings(redis_url=own_server.url), catalogue=CATALOGUE)

    async def across_a_restart() -> list[str]:
        before = (await emitter.aemit(SPOOLED)).outcome
        await asyncio.to_thread(own_server.kill)
        await asyncio.to_thread(own_server.start)
        return [before, (await emitter.aemit(SPOOLED)).outcome]

    assert asyncio.run(across_a_restart()) == ["stream", "stream"]


def test_every_event_loop_gets_and_closes_connections_of_its_own(emitter: Emitter, redis_url: str) -> None:
    def clients() -> int:
        with redis.Redis.from_url(redis_url) as client:
            return len(client.client_list())

    before = clients()
    for _ in range(3):
        assert asyncio.run(emitter.aemit(SPOOLED)).outcome == "stream"
    assert len(entries(redis_url)) == 3
    until(lambda: clients() == before)


class TestRefusals:
    """Servers that answer, but do not take the event."""

    def test_a_wrong_password(self, redis_url: str) -> None:
        assert "answered: WRONGPASS" in self.refusal(redis_url.replace("redis://:", "redis://:not-"))

    def test_no_password(self, redis_url: str) -> None:
        place = redis_url.rpartition("@")[2]
        assert "answered: NOAUTH" in self.refusal(f"redis://{place}")

    def test_a_database_that_does_not_exist(self, redis_url: str) -> None:
        assert "answered: ERR DB index is out of range" in self.refusal(
            redis_url.removesuffix("/0") + "/9999"
        )

    def test_a_key_of_another_kind(self, redis_url: str) -> None:
        with redis.Redis.from_url(redis_url) as client:
            client.set(STREAM, "text")
        assert "answered: WRONGTYPE" in self.refusal(redis_url)

    def test_no_memory_left(self, own_server: EmbeddedRedis) -> None:
        with redis.Redis.from_url(own_server.url) as client:
            client.config_set("maxmemory", "1")
        assert "answered: OOM" in self.refusal(own_server.url)

    def test_a_replica_that_only_reads(self, own_server: EmbeddedRedis) -> None:
        with redis.Redis.from_url(own_server.url) as client:
            client.replicaof("127.0.0.1", "1")
        assert "answered: READONLY" in self.refusal(own_server.url)

    def test_no_server(self) -> None:
        assert "could not be reached" in self.refusal(f"redis://127.0.0.1:{unused_port()}")

    def test_no_such_socket(self) -> None:
        assert "Redis at /no/such/socket could not be reached" in self.refusal("unix:///no/such/socket")

    def refusal(self, url: str) -> str:
        """What is said in a thread; in a coroutine it is the same but for the library's own words."""
        transport = RedisStream(url, STREAM)
        with pytest.raises(StreamUnavailable) as refused, within(BUDGET):
            transport.send(b"{}", None, soon())
        with pytest.raises(StreamUnavailable) as refused_too, within(BUDGET):
            asyncio.run(transport.asend(b"{}", None, soon()))
        transport.close()
        assert str(refused_too.value).partition(": ")[0] == str(refused.value).partition(": ")[0]
        assert "not-" not in str(refused.value)
        return str(refused.value)


class TestBudget:
    """However a server fails to answer, emit is over when its budget is."""

    @pytest.fixture(autouse=True)
    def _quiet(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.CRITICAL, "trailkeeper")

    def test_a_server_that_accepts_and_never_answers(self) -> None:
        with listening() as (_, url):
            self.check(url)

    def test_a_server_whose_queue_is_full_and_never_accepts(self) -> None:
        with listening(backlog=0) as (server, url):
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(server.getsockname())
            self.check(url)
            for filler in fillers:
                filler.close()

    def test_a_server_that_answers_byte_by_byte(self) -> None:
        with listening() as (server, url), dripping(server):
            self.check(url)

    def test_a_server_that_speaks_another_language(self) -> None:
        with listening() as (server, url), dripping(server, b"HTTP/1.1 400 Bad Request\r\n\r\n", pause=0):
            self.check(url)

    def test_a_stopped_server(self, own_server: EmbeddedRedis) -> None:
        emitter = self.emitter(own_server.url)
        assert emitter.emit(SPOOLED).outcome == "stream"
        os.kill(own_server.pid, signal.SIGSTOP)
        with within(BUDGET):
            assert emitter.emit(SPOOLED).outcome == "spooled"
        os.kill(own_server.pid, signal.SIGCONT)
        until(lambda: emitter.emit(SPOOLED).outcome == "stream")
        emitter.close()

    def test_a_loop_goes_on_while_a_stopped_server_does_not_answer(self, own_server: EmbeddedRedis) -> None:
        emitter = self.emitter(own_server.url)

        async def tick(ticks: list[float]) -> None:
            while True:
                ticks.append(time.monotonic())
                await asyncio.sleep(0.005)

        async def emit_beside_ticks() -> tuple[str, list[float]]:
            await emitter.aemit(SPOOLED)
            os.kill(own_server.pid, signal.SIGSTOP)
            ticks: list[float] = []
            ticking = asyncio.create_task(tick(ticks))
            with within(BUDGET):
                receipt = await emitter.aemit(SPOOLED)
            ticking.cancel()
            os.kill(own_server.pid, signal.SIGCONT)
            return receipt.outcome, ticks

        outcome, ticks = asyncio.run(emit_beside_ticks())
        assert outcome == "spooled"
        assert max(after - before for before, after in pairwise(ticks)) < BUDGET * 0.9
        assert ticks[-1] - ticks[0] > BUDGET / 2

    def check(self, url: str) -> None:
        with within(BUDGET):
            assert self.emitter(url).emit(SPOOLED).outcome == "spooled"
        with within(BUDGET):
            assert asyncio.run(self.emitter(url).aemit(SPOOLED)).outcome == "spooled"

    def emitter(self, url: str) -> Emitter:
        settings = ProducerSettings(redis_url=url, emit_budget_ms=int(BUDGET * 1000), breaker_seconds=0.01)
        return Emitter(settings, catalogue=CATALOGUE)


@contextmanager
def listening(backlog: int = 8) -> Iterator[tuple[socket.socket, str]]:
    """A socket that the system answers for and nobody reads."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(backlog)
        yield server, f"redis://:s3cret@127.0.0.1:{server.getsockname()[1]}/1"


@contextmanager
def dripping(
    server: socket.socket, reply: bytes = b"+" + b"O" * 10_000, pause: float = 0.05
) -> Iterator[None]:
    """Answer each connection in pieces, each in less time than any single wait would be allowed."""
    done = threading.Event()

    def answer(client: socket.socket) -> None:
        with client:
            for position in range(len(reply)):
                try:
                    client.sendall(reply[position : position + 1])
                except OSError:  # who asked has given up, as it should
                    return
                if done.wait(pause):
                    return

    def accept() -> None:
        server.settimeout(0.05)
        while not done.is_set():
            try:
                client, _ = server.accept()
            except TimeoutError:
                continue
            threads.append(threading.Thread(target=answer, args=[client]))
            threads[-1].start()

    threads = [threading.Thread(target=accept)]
    threads[0].start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
