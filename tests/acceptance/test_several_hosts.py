"""Workers on several hosts share one stream: clocks may differ, and a host may vanish."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy.engine import make_url

from tests.support.drains import STREAM, an_event, put, query, stored_ids
from tests.support.hosts import Host, plugged, reachable
from tests.support.waiting import until
from trailkeeper.producer.stream_keys import GROUP

FIVE_MINUTES = 300.0
LEASE_SECONDS = 2
HANGING_SECONDS = 45.0
"""Postgres gives up a transaction whose client is gone after 30 s; until then its rows are nobody else's."""

MOST_SECONDS = 10.0


@pytest.fixture
def hosts(tmp_path: Path, redis_url: str, database_url: str) -> Iterator[list[Host]]:
    """Two hosts with a worker each, five minutes apart."""
    with plugged(tmp_path, -FIVE_MINUTES / 2, FIVE_MINUTES / 2) as found, ExitStack() as closing:
        for host in found:
            closing.enter_context(_worker_on(host, redis_url, database_url))
        yield found


@contextmanager
def _worker_on(host: Host, redis_url: str, database_url: str) -> Iterator[None]:
    seen, table = make_url(redis_url), make_url(database_url)
    [socket] = Path(str(table.query["host"])).glob(".s.PGSQL.[0-9]*[0-9]")
    with reachable(host, f"{seen.host}:{seen.port}", str(socket)) as (queue, rows):
        servers = {
            "TRAILKEEPER_REDIS_URL": f"redis://:{seen.password}@{queue}/0",
            "TRAILKEEPER_DATABASE_URL": f"postgresql+psycopg2://postgres@{rows}/{table.database}",
            "TRAILKEEPER_LEASE_SECONDS": str(LEASE_SECONDS),
            "TRAILKEEPER_BATCH_SIZE": "20",
            "TRAILKEEPER_SPOOL": "off",
        }
        with host.worker(servers):
            yield


class Load:
    """Events, a few hundred a second, until told to stop."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._put)
        self.ids: list[Any] = []

    def _put(self) -> None:
        while not self._stop.wait(0.05):
            events = [an_event() for _ in range(20)]
            put(self._client, *events)
            self.ids += [event.id for event in events]

    @contextmanager
    def going_on(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()


def takers(client: redis.Redis) -> set[str]:
    """Hosts whose worker has taken something lately."""
    found: Any = client.xinfo_consumers(STREAM, GROUP)
    return {
        each["name"].decode().partition("@")[2].partition("/")[0]
        for each in found
        if 0 <= each["inactive"] < MOST_SECONDS * 1000
    }


def test_hosts_with_clocks_minutes_apart_share_the_work_and_one_that_vanishes_costs_its_lease(
    hosts: list[Host], client: redis.Redis, database_url: str
) -> None:
    load, names = Load(client), {host.name for host in hosts}
    until(lambda: _has_group(client), what="a worker made the group")
    with load.going_on():
        until(lambda: takers(client) == names, what="both hosts take events")
        until(lambda: _newest_age(load, database_url) < 1, what="all is stored within a second")
        assert [host.thrown_away() for host in hosts] == [0, 0]
        hosts[1].vanish()
        time.sleep(LEASE_SECONDS)  # what it holds is its own for so long
        began = time.monotonic()
        until(lambda: _newest_age(load, database_url) < 1, MOST_SECONDS, "the other stores what comes")
        assert time.monotonic() - began < MOST_SECONDS
        until(lambda: takers(client) == {hosts[0].name}, what="only one takes events")
        hosts[1].come_back()
        until(lambda: takers(client) == names, what="both take events again")
    until(lambda: client.xlen(STREAM) == 0, HANGING_SECONDS, "the stream is empty")
    ids = stored_ids(database_url)
    assert sorted(ids) == sorted(load.ids)
    assert query(database_url, "SELECT 1 FROM dead_letters") == []


def _has_group(client: redis.Redis) -> bool:
    try:
        return bool(client.xinfo_groups(STREAM))
    except redis.ResponseError:
        return False


def _newest_age(load: Load, database_url: str) -> float:
    """How many seconds the newest stored event is older than the newest of all."""
    [row] = query(database_url, "SELECT max(occurred_at) AS newest FROM events")
    if row["newest"] is None or not load.ids:
        return float("inf")
    return time.time() - float(row["newest"].timestamp())
