"""The Redis that holds stream and broker is another one from one moment to the next."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.drains import STREAM, stored_ids
from tests.support.sentinels import SentineledRedis, sentineled
from tests.support.stacks import dead_letters, running
from tests.support.waiting import BUSY_SECONDS, until
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.redis_client import connect
from trailkeeper.producer.stream_keys import GROUP

BUDGET, EXTRA = 0.25, 1.0
TAG = "account:login:success"
THREADS = 3
MOST_SECONDS = 10.0
"""From the election of a new master to the next stored event."""

WITH_A_SILENT_SENTINEL = 20.0
"""The same where Celery, which looks for its broker after 2, 4 and 6 s, waits for it each time."""


class Emitting:
    """What threads of an application emit, until told to stop; each event once, whatever becomes of Redis."""

    def __init__(self, url: str, folder: Path) -> None:
        self._emitter = Emitter(
            ProducerSettings(redis_url=url, redis_replicas=1, spool=str(folder / "spool.sqlite"))
        )
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._emit) for _ in range(THREADS)]
        self.ids: set[UUID] = set()
        self.longest = 0.0

    def _emit(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            receipt = self._emitter.emit(TAG, user="u1", additional={"two_factor_method": "totp"})
            self.longest = max(self.longest, time.monotonic() - began)
            assert receipt.outcome in {"stream", "spooled"}
            self.ids.add(receipt)
            time.sleep(0.005)

    def wait_for(self, number: int) -> None:
        goal = len(self.ids) + number
        until(lambda: len(self.ids) >= goal, what=f"{number} more events were emitted")

    @contextmanager
    def going_on(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def deliver(self) -> None:
        """Give Redis what is spooled."""
        until(lambda: self._emitter.emit(TAG, user="last").outcome == "stream", what="Redis takes events")
        self._emitter.close()


@pytest.fixture
def servers(services_folder: Path, request: pytest.FixtureRequest) -> Iterator[SentineledRedis]:
    with sentineled(services_folder / f"failover-{request.node.callspec.id}") as found:
        yield found


def stopped_for_a_while(servers: SentineledRedis) -> None:
    """It comes back and takes itself for the master, until a Sentinel tells it otherwise."""
    os.kill(servers.fail_over(stop=True).pid, signal.SIGCONT)


def killed_with_a_sentinel(servers: SentineledRedis) -> None:
    """The first that everybody asks is silent; two of three are enough."""
    servers.silence_a_sentinel()
    servers.start_again(servers.fail_over())


def killed_and_started_again(servers: SentineledRedis) -> None:
    servers.start_again(servers.fail_over())


@pytest.mark.parametrize("change", [killed_and_started_again, stopped_for_a_while, killed_with_a_sentinel])
def test_a_failover_under_load_loses_and_doubles_nothing_and_keeps_every_budget(
    servers: SentineledRedis, services_folder: Path, change: Callable[[SentineledRedis], None]
) -> None:
    home = services_folder / f"stack-{change.__name__}"
    home.mkdir()
    emitting = Emitting(servers.url, home)
    with running(home / "stack", redis_url=servers.url) as stack:
        with emitting.going_on():
            emitting.wait_for(300)
            until(lambda: stored_ids(stack.database_url), what="events are stored")
            change(servers)
            elected, before = time.monotonic(), set(stored_ids(stack.database_url))
            emitting.wait_for(300)
            until(lambda: set(stored_ids(stack.database_url)) - before, what="events are stored again")
            most = WITH_A_SILENT_SENTINEL if change is killed_with_a_sentinel else MOST_SECONDS
            assert time.monotonic() - elected < most + BUSY_SECONDS
        emitting.deliver()
        until(lambda: emitting.ids <= set(stored_ids(stack.database_url)), 90, "every event is stored")
        until(lambda: _is_drained(servers.url), 90, "the stream is empty")

        ids = stored_ids(stack.database_url)
        assert len(ids) == len(set(ids))
        assert dead_letters(stack) == {}
    assert emitting.longest < BUDGET + EXTRA + BUSY_SECONDS


def _is_drained(url: str) -> bool:
    with connect(url) as client:
        pending: dict[str, int] = client.xpending(STREAM, GROUP)
        return client.xlen(STREAM) == 0 and not pending["pending"]
