"""What workers can still do while Redis is at its maxmemory: everything that makes it emptier."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from tests.support.drains import STREAM, an_event, put, settings_for, stored_ids
from trailkeeper.producer.redis_client import StreamFull
from trailkeeper.producer.stream_keys import GROUP, last_write_key, minute_key, totals_key
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.drain.full_redis import relieve, takes_writes
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.ingest.crash_markers import DELIVERIES_BEFORE_SUSPICION, CrashMarkers


@pytest.fixture
def redis_url(either_redis_url: str) -> str:
    return either_redis_url


@contextmanager
def full(client: redis.Redis) -> Iterator[None]:
    """No memory for anybody, as far as `maxmemory` goes."""
    client.config_set("maxmemory", "1")
    try:
        yield
    finally:
        client.config_set("maxmemory", "0")


def test_what_was_committed_leaves_the_stream_and_is_counted_later(client: redis.Redis) -> None:
    stream = Stream(client, STREAM, "here/1")
    [first, second] = put(client, b"1", b"2")
    stream.read(2)
    with full(client):
        stream.acknowledge([first], {"stored": 1})
    assert (client.xlen(STREAM), client.hgetall(totals_key(STREAM))) == (1, {})
    stream.acknowledge([second], {"stored": 1})
    assert client.hget(totals_key(STREAM), "stored") == b"2"
    assert client.hget(minute_key(STREAM, datetime.now(UTC)), "stored") == b"1"
    assert client.xpending(STREAM, GROUP)["pending"] == 0


def test_suspects_wait_for_memory_and_the_others_do_not(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    suspects, other = [an_event() for _ in range(3)], an_event()
    stream_ids = put(client, *suspects)
    stream = Stream(client, STREAM, "here/1")
    stream.read(3)
    client.xclaim(STREAM, GROUP, "here/1", 0, [*stream_ids], retrycount=DELIVERIES_BEFORE_SUSPICION)
    put(client, other)
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    with full(client):
        with pytest.raises(StreamFull):
            CrashMarkers(client, STREAM).enter(stream_ids[0])
        drainer.run()
        assert stored_ids(database_url) == [other.id]
    drainer.run()
    drainer.close()
    assert stored_ids(database_url) == sorted([*(suspect.id for suspect in suspects), other.id])


def test_relief_drains_without_celery_until_there_is_memory_again(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    Stream(client, STREAM, "here/1").make_group()
    events = [an_event() for _ in range(300)]
    put(client, *events)
    with full(client):
        relieve(settings_for(redis_url, database_url), "here/relief", seconds=0.1)
    assert stored_ids(database_url) == [event.id for event in events]
    put(client, an_event())
    assert relieve(settings_for(redis_url, database_url), "here/relief").batches == 0


def test_a_full_redis_keeps_the_time_of_its_last_write(client: redis.Redis) -> None:
    assert takes_writes(client, STREAM)
    noted: Any = client.get(last_write_key(STREAM))
    with full(client):
        assert not takes_writes(client, STREAM)
        assert client.get(last_write_key(STREAM)) == noted
    assert datetime.now(UTC) - datetime.fromisoformat(noted.decode()) < timedelta(minutes=1)
