"""A process forked in any moment records like its parent, over connections and with numbers of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.support.drains import entries
from tests.support.emitting import CATALOGUE, SPOOLED
from tests.support.forking import exit_code, in_child, start_child
from tests.support.waiting import until
from trailkeeper import Emitter, ProducerSettings, Receipt, emit
from trailkeeper.cli.embedded.redis import EmbeddedRedis
from trailkeeper.producer import process
from trailkeeper.producer.transports.pool import MAX_CONNECTIONS
from trailkeeper.producer.wire import decode

PLENTY_MS = 20_000

# what Python 3.12 and later warn of is what is tested here
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture
def emitter(either_redis_url: str, tmp_path: Path) -> Iterator[Emitter]:
    settings = ProducerSettings(
        redis_url=either_redis_url, spool=str(tmp_path / "spool.sqlite"), emit_budget_ms=PLENTY_MS
    )
    made = Emitter(settings, catalogue=CATALOGUE)
    yield made
    made.close()


def records(emitter: Emitter, number: int = 20) -> Callable[[], None]:
    """Emit so many, in threads, in coroutines and one by one; all have to be in the stream."""

    def work() -> None:
        async def gathered() -> list[Receipt]:
            return await asyncio.gather(*(emitter.aemit(SPOOLED) for _ in range(number)))

        with ThreadPoolExecutor(8) as pool:
            receipts = list(pool.map(lambda _: emitter.emit(SPOOLED), range(number)))
        receipts += [*asyncio.run(gathered()), emitter.emit(SPOOLED)]
        assert {receipt.outcome for receipt in receipts} == {"stream"}

    return work


@contextmanager
def stopped(server: EmbeddedRedis) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_children_of_a_server_that_loaded_its_application_record_as_well(
    emitter: Emitter, either_redis_url: str
) -> None:
    """As gunicorn does with --preload: emitted before the fork, then many children."""
    records(emitter)()
    children = [start_child(records(emitter)) for _ in range(4)]
    records(emitter)()
    assert [exit_code(child) for child in children] == [0] * 4
    records(emitter)()
    events = [decode(fields[b"e"])[0] for fields in entries(either_redis_url)]
    assert len({event.id for event in events}) == len(events) == 7 * 41
    numbers = [(event.producer, event.seq) for event in events]
    assert len(set(numbers)) == len(numbers)
    assert len({producer for producer, _ in numbers}) == 5


@pytest.mark.parametrize("threads", [1, MAX_CONNECTIONS + 8], ids=["one thread", "more than connections"])
def test_a_child_forked_while_threads_wait_for_redis_has_connections_of_its_own(
    threads: int, emitter: Emitter, either_redis_server: EmbeddedRedis, either_redis_url: str
) -> None:
    others = _sockets()

    def has_none_of_ours() -> None:
        assert _sockets() == others
        records(emitter)()

    emitter.emit(SPOOLED)
    with ThreadPoolExecutor(threads) as pool:
        with stopped(either_redis_server):
            waiting = [pool.submit(emitter.emit, SPOOLED) for _ in range(threads)]
            until(lambda: _sockets() == others + min(threads, MAX_CONNECTIONS), 10, "they have asked")
            child = start_child(has_none_of_ours)
        assert exit_code(child) == 0
        assert {each.result().outcome for each in waiting} == {"stream"}
    assert len(entries(either_redis_url)) == 1 + threads + 41


def test_a_child_of_a_process_with_a_running_loop_leaves_its_connection_alone(
    emitter: Emitter, either_redis_url: str
) -> None:
    async def fork_between() -> None:
        await emitter.aemit(SPOOLED)
        child = start_child(lambda: _in_a_thread(records(emitter)))
        for _ in range(50):
            assert (await emitter.aemit(SPOOLED)).outcome == "stream"
        assert await asyncio.to_thread(exit_code, child) == 0
        assert (await emitter.aemit(SPOOLED)).outcome == "stream"

    before = _clients(either_redis_url)
    asyncio.run(fork_between())
    until(lambda: _clients(either_redis_url) == before)


def test_a_child_forked_while_a_thread_makes_the_first_emitter_makes_its_own(
    either_redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRAILKEEPER_REDIS_URL", either_redis_url)
    monkeypatch.setenv("TRAILKEEPER_SPOOL", str(tmp_path / "spool.sqlite"))
    previous = process.swap(None)
    reached, go_on, parent = threading.Event(), threading.Event(), os.getpid()

    def slow(settings: ProducerSettings) -> Emitter:
        if os.getpid() == parent:
            reached.set()
            go_on.wait(30)
        return Emitter(settings, catalogue=CATALOGUE)

    monkeypatch.setattr(process, "Emitter", slow)
    thread = threading.Thread(target=emit, args=[SPOOLED])
    thread.start()
    try:
        assert reached.wait(30)

        def record() -> None:
            assert emit(SPOOLED).outcome == "stream"

        assert in_child(record) == 0
    finally:
        go_on.set()
        thread.join()
        made = process.swap(previous)
        assert made is not None
        made.close()
    assert len(entries(either_redis_url)) == 2


def test_a_child_forked_while_others_spool_in_the_background_spools_in_the_background(
    either_redis_server: EmbeddedRedis, tmp_path: Path
) -> None:
    settings = ProducerSettings(
        redis_url="redis://127.0.0.1:1/0", spool=str(tmp_path / "spool.sqlite"), breaker_seconds=60
    )
    emitter = Emitter(settings, catalogue=CATALOGUE)

    async def gathered() -> None:
        receipts = await asyncio.gather(*(emitter.aemit(SPOOLED) for _ in range(50)))
        assert {receipt.outcome for receipt in receipts} == {"spooled"}

    asyncio.run(gathered())
    threads = [threading.Thread(target=lambda: asyncio.run(gathered())) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert [in_child(lambda: asyncio.run(gathered())) for _ in range(3)] == [0] * 3
    for thread in threads:
        thread.join()
    emitter.close()


def _sockets() -> int:
    links = (each for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
    return sum(str(each.readlink()).startswith("socket:") for each in links)


def _in_a_thread(work: Callable[[], None]) -> None:
    """Outside of the loop that runs in the forking thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def _clients(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return len(client.client_list())
