"""The Redis that holds stream and broker is another one from one moment to the next."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from tests.support.clusters import clustered
from tests.support.drains import stored_ids
from tests.support.sentinels import sentineled
from tests.support.servers import serving, valkey
from tests.support.stacks import dead_letters, running
from tests.support.waiting import BUSY_SECONDS, until
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.redis_client import connect
from trailkeeper.producer.stream_keys import GROUP
from trailkeeper.producer.transports.shards import Shard, shards_of

BUDGET, EXTRA = 0.25, 1.0
TAG = "account:login:success"
THREADS = 3
MOST_SECONDS = 10.0
"""From the election of a new master to the next stored event."""

WITH_A_SILENT_SENTINEL = 20.0
"""The same where Celery, which looks for its broker after 2, 4 and 6 s, waits for it each time."""


class Emitting:
    """What threads of an application emit, until told to stop; each event once, whatever becomes of Redis."""

    def __init__(self, url: str, shards: int, folder: Path) -> None:
        spool = str(folder / "spool.sqlite")
        settings = ProducerSettings(redis_url=url, redis_replicas=1, redis_shards=shards, spool=spool)
        self._emitter = Emitter(settings)
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


class Topology(NamedTuple):
    """Servers of the streams, and where Celery's own messages go, if not there."""

    servers: Any
    url: str
    shards: int = 1
    broker_url: str | None = None

    @property
    def first(self) -> Shard:
        """The first stream."""
        return self.streams[0]

    @property
    def streams(self) -> tuple[Shard, ...]:
        """All of them."""
        return shards_of(ProducerSettings(redis_url=self.url, redis_shards=self.shards))

    @property
    def environment(self) -> dict[str, str]:
        """Of a worker."""
        broker = {} if self.broker_url is None else {"TRAILKEEPER_BROKER_URL": self.broker_url}
        return {"TRAILKEEPER_REDIS_SHARDS": str(self.shards), **broker}


@contextmanager
def sentinels(folder: Path) -> Iterator[Topology]:
    with sentineled(folder) as servers:
        yield Topology(servers, servers.url)


@contextmanager
def cluster(folder: Path, shards: int = 1) -> Iterator[Topology]:
    with clustered(folder) as servers, serving(valkey(folder / "broker")) as broker:
        yield Topology(servers, servers.url, shards, broker.url)


@contextmanager
def cluster_of_three_streams(folder: Path) -> Iterator[Topology]:
    with cluster(folder, shards=3) as found:
        yield found


def stopped_for_a_while(of: Topology) -> None:
    """It comes back and takes itself for the master, until another server tells it otherwise."""
    os.kill(of.servers.fail_over(of.first.key, stop=True).pid, signal.SIGCONT)


def killed_with_a_sentinel(of: Topology) -> None:
    """The first that everybody asks is silent; two of three are enough."""
    of.servers.silence_a_sentinel()
    killed_and_started_again(of)


def killed_and_started_again(of: Topology) -> None:
    of.servers.start_again(of.servers.fail_over(of.first.key))


def moved_to_another_node_and_back(of: Topology) -> None:
    for _ in range(2):
        of.servers.move(of.first.key)


@pytest.mark.parametrize(
    ("topology", "change"),
    [
        # the long forms, of every change on either, are `make chaos ARGS="--server sentinels"` and `cluster`
        (sentinels, stopped_for_a_while),
        (sentinels, killed_with_a_sentinel),
        (cluster, killed_and_started_again),
        (cluster, moved_to_another_node_and_back),
        (cluster_of_three_streams, killed_and_started_again),
    ],
)
def test_a_failover_under_load_loses_and_doubles_nothing_and_keeps_every_budget(
    services_folder: Path,
    topology: Callable[[Path], AbstractContextManager[Topology]],
    change: Callable[[Topology], None],
) -> None:
    home = services_folder / f"{topology.__name__[:10]}-{change.__name__[:10]}"
    home.mkdir()
    with topology(home / "redis") as servers:
        _holds(servers, home, change)


def _holds(servers: Topology, home: Path, change: Callable[[Topology], None]) -> None:
    emitting = Emitting(servers.url, servers.shards, home)
    with running(home / "stack", servers.environment, redis_url=servers.url) as stack:
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
        until(lambda: all(map(_is_drained, servers.streams)), 90, "the streams are empty")

        ids = stored_ids(stack.database_url)
        assert len(ids) == len(set(ids))
        assert dead_letters(stack) == {}
    assert emitting.longest < BUDGET + EXTRA + BUSY_SECONDS


def _is_drained(shard: Shard) -> bool:
    with connect(shard) as client:
        pending: dict[str, int] = client.xpending(shard.key, GROUP)
        return client.xlen(shard.key) == 0 and not pending["pending"]
