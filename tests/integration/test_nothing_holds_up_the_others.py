"""No message, no lock and no process that hangs keeps the events of others from being stored for long."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from kombu.connection import Connection
from sqlalchemy import text

from tests.support.databases import raw_engine
from tests.support.drains import STREAM, an_event, put, query, settings_for, stored_ids
from tests.support.waiting import until
from trailkeeper.producer.wire import encode
from trailkeeper.worker.broker import use_tolerant_transport
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.entries import BATCH_BYTES, VALUE_BYTES
from trailkeeper.worker.ingest import RETRY, process, write
from trailkeeper.worker.relay import Relayer
from trailkeeper.worker.settings import WorkerSettings

OLD = datetime.now(UTC) - timedelta(days=200)
LEASE_SECONDS = 2.0


@pytest.fixture
def settings(redis_url: str, database_url: str) -> WorkerSettings:
    return settings_for(redis_url, database_url, lease_seconds=LEASE_SECONDS)


def attempt(drainer: Drainer) -> None:
    try:
        drainer.run(20)
    except RETRY:
        time.sleep(0.1)  # as drains pause


@pytest.mark.parametrize("source", [Drainer, Relayer])
def test_an_old_message_whose_partition_cannot_be_made_becomes_a_dead_letter_and_the_others_are_stored(
    source: type[Drainer | Relayer], client: redis.Redis, database_url: str, settings: WorkerSettings
) -> None:
    good = [an_event() for _ in range(4)]
    for event in (*good[:2], an_event(OLD), *good[2:]):
        if source is Drainer:
            put(client, event)
        else:
            query(database_url, "INSERT INTO outbox (payload) VALUES (:payload)", payload=encode(event))
    ingesting, other = source(settings, "here/1"), raw_engine(database_url)
    with other.begin() as connection:
        # as ANALYZE does, and a purge that waits for a reader
        connection.execute(text("LOCK TABLE events_user IN SHARE UPDATE EXCLUSIVE MODE"))
        ingesting.run(20)
        assert stored_ids(database_url) == sorted(event.id for event in good)
    ingesting.close()
    other.dispose()
    [letter] = query(database_url, "SELECT reason, detail FROM dead_letters")
    assert letter["reason"] == "old_partition"
    assert "replay this later" in letter["detail"]


def test_a_process_that_hangs_in_its_transaction_holds_up_the_others_for_seconds_only(
    client: redis.Redis, database_url: str, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "IDLE_MS", 2_000)
    events = [an_event(), an_event()]
    hanging, working = Drainer(settings, "gone/1"), Drainer(settings, "here/1")
    put(client, events[0])
    messages = hanging.streams[0]._stream.read(10)
    with hanging.engine.connect() as connection:
        connection.begin()
        write(connection, hanging.ingest.prepare(messages), source=STREAM)
        put(client, events[1])

        def is_stored() -> bool:
            attempt(working)
            return client.xlen(STREAM) == 0

        until(is_stored, 20, "the others' events are stored, and those of the process that hangs")
        connection.invalidate()
    assert stored_ids(database_url) == sorted(event.id for event in events)
    hanging.close()
    working.close()


def test_names_and_values_of_an_entry_count_however_short_they_are(client: redis.Redis) -> None:
    stream, fields = Stream(client, STREAM, "here/1"), 5_000
    stream.make_group()
    for _ in range(50):
        client.execute_command("XADD", STREAM, "*", *[""] * fields * 2)  # type: ignore[no-untyped-call]
    batch = stream.read(2_000)
    assert 0 < len(batch) < BATCH_BYTES / (fields * 2 * VALUE_BYTES) + 16
    assert all(message.excess for message in batch)


@pytest.mark.parametrize(
    "garbage", [b"garbage", b"\xff", b"null", b"{}", b'{"a":1}', b"[1,2]", b"[" * 100_000]
)
def test_garbage_among_the_messages_that_workers_took_is_dropped_when_one_starts(
    garbage: bytes, client: redis.Redis, redis_url: str
) -> None:
    use_tolerant_transport()
    client.hset("unacked", "t1", garbage)
    client.zadd("unacked_index", {"t1": 1})
    with Connection(redis_url) as connection:  # type: ignore[no-untyped-call]
        channel: Any = connection.channel()
        channel.qos.restore_visible()
    assert not client.exists("unacked")
    assert not client.exists("unacked_index")


def test_rubbish_takes_no_more_of_a_worker_than_a_few_events_would(
    client: redis.Redis, settings: WorkerSettings
) -> None:
    drainer, number = Drainer(settings, "here/1"), 4_000

    def spent(*payloads: Any) -> float:
        put(client, *payloads)
        began = time.process_time()
        drainer.run(30)
        return time.process_time() - began

    spent(an_event(), b"rubbish")  # the first of each makes caches
    rubbish, events = spent(*[b"rubbish"] * number), spent(*(an_event() for _ in range(number)))
    drainer.close()
    assert rubbish < 6 * events
