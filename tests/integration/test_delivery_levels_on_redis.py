"""The three delivery levels while Redis is refused, hung, full, read-only, failing over or loading."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from tests.support.drains import entries
from tests.support.emitting import BEST_EFFORT, CATALOGUE, REQUIRED, SPOOLED, Counter
from tests.support.servers import SERVERS
from tests.support.spooling import a_queue
from tests.support.waiting import until, within
from trailkeeper import Emitter, EventNotRecorded, ProducerSettings
from trailkeeper.cli.embedded.redis import EmbeddedRedis
from trailkeeper.producer.spool.status import read_status
from trailkeeper.producer.wire import decode

BUDGET = 0.25
"""Seconds that a busy machine may add to a budget."""
RESTING = 0.002
"""Seconds that an event may take while Redis is not asked."""

Outage = Callable[[EmbeddedRedis], Iterator[None]]


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, services_folder: Path) -> Iterator[EmbeddedRedis]:
    """A server that this test may treat badly."""
    found = SERVERS[request.param](services_folder / f"levels-{time.monotonic_ns()}")
    found.start()
    yield found
    if found.is_running():
        os.kill(found.pid, signal.SIGCONT)
        found.kill()


def refused(server: EmbeddedRedis) -> Iterator[None]:
    server.kill()
    yield
    server.start()


def hung(server: EmbeddedRedis) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    yield
    os.kill(server.pid, signal.SIGCONT)


def full(server: EmbeddedRedis) -> Iterator[None]:
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "1")
        yield
        client.config_set("maxmemory", "0")


def read_only(server: EmbeddedRedis) -> Iterator[None]:
    with redis.Redis.from_url(server.url) as client:
        client.replicaof("127.0.0.1", "1")
        yield
        client.slaveof()


def failing_over(server: EmbeddedRedis) -> Iterator[None]:
    """Another server takes the place: same port, same password, none of the data that was not copied."""
    server.kill()
    yield
    shutil.rmtree(server.folder / "appendonlydir", ignore_errors=True)
    server.start()


OUTAGES: dict[str, Outage] = {
    "refused": refused,
    "hung": hung,
    "full": full,
    "read-only": read_only,
    "failing over": failing_over,
}


class Application:
    """An emitter with a spool of its own, and what it counted."""

    def __init__(self, url: str, folder: Path, **settings: object) -> None:
        self.counter = Counter()
        self.queue = a_queue(folder)
        values = {"emit_budget_ms": int(BUDGET * 1000), "breaker_seconds": 0.3, **settings}
        given = {"redis_url": url, "spool": str(folder / "spool.sqlite"), **values}
        self.emitter = Emitter(ProducerSettings(**given), catalogue=CATALOGUE, metrics=self.counter)  # type: ignore[arg-type]  # by name

    def waiting(self) -> int:
        return read_status(self.queue.file).waiting

    def close(self) -> None:
        self.emitter.close()
        self.queue.file.close()


@pytest.fixture
def application(server: EmbeddedRedis, tmp_path: Path) -> Iterator[Application]:
    found = Application(server.url, tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_every_level_keeps_its_promise_and_all_follows_in_order(
    server: EmbeddedRedis, application: Application, outage: Outage
) -> None:
    emitter = application.emitter
    kept = [emitter.emit(SPOOLED, user="before")]
    with ExitStack() as stack:
        stack.enter_context(contextmanager(outage)(server))
        with within(BUDGET):
            kept.append(emitter.emit(SPOOLED))
        took = []
        for _ in range(20):
            began = time.monotonic()
            kept.append(emitter.emit(REQUIRED))
            took.append(time.monotonic() - began)
        assert emitter.emit(BEST_EFFORT).outcome == "dropped"
        assert {receipt.outcome for receipt in kept[1:]} == {"spooled"}
        assert sorted(took)[10] < RESTING * 50  # the disk of a machine that runs tests; see the benchmarks
        assert application.waiting() == 21
    until(lambda: emitter.emit(BEST_EFFORT).outcome == "stream")
    until(lambda: application.waiting() == 0)
    found = [decode(fields[b"e"])[0] for fields in entries(server.url)]
    spooled = [event.id for event in found if event.id in set(kept[1:])]
    # a reply that came too late leaves the event in the stream as well: its id makes one of the two
    assert list(dict.fromkeys(spooled))[-20:] == kept[2:]
    assert set(spooled) == set(kept[1:])
    assert set(application.counter.outcomes) == {"stream", "spooled", "dropped"}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_without_a_spool_required_events_raise_and_the_others_are_logged(
    server: EmbeddedRedis, tmp_path: Path, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "trailkeeper")
    application = Application(server.url, tmp_path, spool="off")
    with contextmanager(outage)(server):
        assert application.emitter.emit(SPOOLED).outcome == "logged"
        with pytest.raises(EventNotRecorded):
            application.emitter.emit(REQUIRED)
        assert application.emitter.emit(BEST_EFFORT).outcome == "dropped"
    assert application.counter.outcomes == ["logged", "refused", "dropped"]
    assert not (tmp_path / "spool.sqlite").exists()
    application.close()


def test_a_server_that_is_loading_is_not_asked_again_at_once(tmp_path: Path) -> None:
    asked = []

    def answer(listener: socket.socket) -> None:
        while True:
            client, _ = listener.accept()
            with client:
                while heard := client.recv(65536):
                    if heard == b"end":
                        return
                    asked.append(heard)
                    client.sendall(b"-LOADING Redis is loading the dataset in memory\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        application = Application(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", tmp_path)
        assert [application.emitter.emit(SPOOLED).outcome for _ in range(5)] == ["spooled"] * 5
        application.close()
        with socket.create_connection(listener.getsockname()) as last:
            last.sendall(b"end")
        thread.join()
    assert len(asked) == 1
    assert application.waiting() == 5


def test_another_process_delivers_what_a_dead_one_left(server: EmbeddedRedis, tmp_path: Path) -> None:
    server.kill()
    child = os.fork()
    if child == 0:
        dying = Application(server.url, tmp_path)
        outcomes = {dying.emitter.emit(SPOOLED, user=number).outcome for number in range(10)}
        os._exit(0 if outcomes == {"spooled"} else 1)
    assert os.waitpid(child, 0)[1] == 0
    server.start()
    heir = Application(server.url, tmp_path)
    heir.emitter.emit(SPOOLED, user="heir")  # its first event, and the one chance it needs
    until(lambda: heir.waiting() == 0)
    users = [decode(fields[b"e"])[0].user for fields in entries(server.url)]
    assert [user.id for user in users if user] == ["heir", *map(str, range(10))]
    heir.close()
