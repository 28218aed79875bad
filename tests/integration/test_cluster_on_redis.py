"""A stream on one of many nodes: who finds it, and what it costs when it moves."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.clusters import RedisCluster, clustered
from tests.support.emitting import CATALOGUE, REQUIRED, SPOOLED
from tests.support.waiting import until, within
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.errors import SettingsError, StreamUnavailable
from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.transports import RedisStream, stream_of
from trailkeeper.producer.transports.shards import Shard, shards_of
from trailkeeper.worker.broker_url import broker_of
from trailkeeper.worker.settings import WorkerSettings

BUDGET = 0.25
PLENTY = 5.0
KEY = "trailkeeper:events:{0}"


@pytest.fixture(scope="module")
def cluster(services_folder: Path) -> Iterator[RedisCluster]:
    with clustered(services_folder / "cluster") as found:
        yield found


@pytest.fixture
def shard(cluster: RedisCluster) -> Shard:
    """An empty stream."""
    with connect(Shard(cluster.url, KEY)) as client:
        client.delete(KEY)
    return Shard(cluster.url, KEY)


def emitter(url: str, folder: Path) -> Emitter:
    settings = ProducerSettings(
        redis_url=url, spool=str(folder / "spool.sqlite"), breaker_seconds=0.2, on_invalid="raise"
    )
    return Emitter(settings, catalogue=CATALOGUE)


def length(shard: Shard) -> int:
    """Entries of the stream; -1 while its node is looked for."""
    try:
        with connect(shard) as client, redis_translated():
            return int(client.xlen(shard.key))
    except StreamUnavailable:
        return -1


def test_whichever_node_a_url_names_the_one_that_has_the_stream_is_found(
    cluster: RedisCluster, shard: Shard, tmp_path: Path
) -> None:
    credentials = shard.url.partition("@")[0]
    for node in cluster.nodes:
        sending = emitter(f"{credentials}@127.0.0.1:1,127.0.0.1:{node.port}", tmp_path)
        assert sending.emit(SPOOLED).outcome == "stream"
        assert asyncio.run(sending.aemit(REQUIRED)).outcome == "stream"
    assert length(shard) == 2 * len(cluster.nodes)


def test_what_is_asked_of_the_server_is_asked_of_the_node_that_has_the_stream(
    cluster: RedisCluster, shard: Shard
) -> None:
    with connect(shard) as client:
        assert client.info("server")["tcp_port"] == cluster.owner_of(KEY).port


def test_all_keys_of_a_stream_are_on_its_node_and_streams_are_spread(
    cluster: RedisCluster, tmp_path: Path
) -> None:
    settings = WorkerSettings(redis_url=cluster.url, redis_shards=6)
    owners = set()
    for each in shards_of(settings):
        owner = cluster.owner_of(each.key).port
        assert cluster.owner_of(f"{each.key}:totals").port == owner
        owners.add(owner)
    assert len(owners) > 1


def test_a_stream_that_moves_is_followed_by_those_who_are_connected(
    cluster: RedisCluster, shard: Shard
) -> None:
    stream = RedisStream(*shard)
    with connect(shard) as client:
        for number in range(1, 5):
            stream.send(b"{}", None, time.monotonic() + PLENTY)
            with within(BUDGET):
                asyncio.run(stream.asend(b"{}", None, time.monotonic() + BUDGET))
            until(lambda number=number: _length(client) == 2 * number, what="redis-py follows")  # type: ignore[misc]
            cluster.move(KEY)


def _length(client: redis.Redis) -> int:
    try:
        return int(client.xlen(KEY))
    except redis.ConnectionError:  # one command tells that it is elsewhere
        return -1


def test_while_another_node_is_elected_events_are_spooled_within_their_budget(
    cluster: RedisCluster, shard: Shard, tmp_path: Path
) -> None:
    sending = emitter(cluster.url, tmp_path)
    kept = [sending.emit(SPOOLED)]
    old = cluster.owner_of(KEY)
    assert old.pid is not None
    os.kill(old.pid, signal.SIGSTOP)
    try:
        with within(BUDGET):
            kept.append(sending.emit(SPOOLED))
        until(lambda: sending.emit(SPOOLED).outcome == "stream", what="the new master takes events")
    finally:
        os.kill(old.pid, signal.SIGCONT)
    assert {receipt.outcome for receipt in kept} == {"stream", "spooled"}
    until(lambda: length(shard) >= 2, what="both are in the stream")
    until(old.follows, what="the old one follows")


def test_no_node_that_answers_is_an_outage_within_the_budget() -> None:
    stream = RedisStream("redis+cluster://127.0.0.1:1,127.0.0.1:2", KEY)
    with pytest.raises(StreamUnavailable, match="could not be reached"), within(BUDGET):
        stream.send(b"{}", None, time.monotonic() + BUDGET)
    with pytest.raises(StreamUnavailable), within(BUDGET):
        asyncio.run(stream.asend(b"{}", None, time.monotonic() + BUDGET))


def test_a_wrong_password_is_said_to_be(cluster: RedisCluster) -> None:
    wrong = cluster.url.replace("cluster-password", "another")
    with pytest.raises(StreamUnavailable, match="WRONGPASS"):
        RedisStream(wrong, KEY).send(b"{}", None, time.monotonic() + PLENTY)
    with connect(Shard(wrong, KEY)) as client, pytest.raises(StreamUnavailable), redis_translated():
        client.xlen(KEY)


def test_celery_needs_a_broker_of_its_own_beside_a_cluster() -> None:
    url = "redis+cluster://:p@h:1,i"
    with pytest.raises(SettingsError, match="TRAILKEEPER_BROKER_URL"):
        broker_of(WorkerSettings(redis_url=url))
    assert broker_of(WorkerSettings(redis_url=url, broker_url="redis://b/0")).url == "redis://b/0"
    assert stream_of(ProducerSettings(redis_url=url)).place == "the Cluster of h:1,i:6379/0 " + KEY
