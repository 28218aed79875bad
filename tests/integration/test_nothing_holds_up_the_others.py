"""No message, no lock and no process that hangs keeps the events of others from being stored for long."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from kombu.connection import Connection
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.support.databases import raw_engine
from tests.support.drains import STREAM, an_event, put, query, settings_for, stored_ids
from tests.support.waiting import until
from trailkeeper.models.partitions import Period, id_floor, period_of
from trailkeeper.producer.event import Event
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
    feed(source, client, database_url, *good[:2], an_event(OLD), *good[2:])
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


LIKE_EVENTS = "(LIKE trailkeeper.events_user INCLUDING ALL)"
ATTACH = "ALTER TABLE trailkeeper.events_user ATTACH PARTITION trailkeeper"


def a_table_of_its_name(database_url: str, period: Period) -> None:
    query(database_url, f"CREATE TABLE trailkeeper.{period.name} (n int)")


def a_partition_that_was_detached(database_url: str, period: Period) -> None:
    query(database_url, f"CREATE TABLE trailkeeper.{period.name} {LIKE_EVENTS}")


def a_detach_that_was_interrupted(database_url: str, period: Period) -> None:
    engine = raw_engine(database_url)
    a_partition_that_was_detached(database_url, period)
    query(database_url, f"{ATTACH}.{period.name} FOR VALUES FROM ('{period.low}') TO ('{period.high}')")
    with engine.begin() as reading, engine.execution_options(isolation_level="AUTOCOMMIT").connect() as other:
        reading.execute(text("SELECT count(*) FROM events_user"))
        other.execute(text("SET statement_timeout = 500"))
        with pytest.raises(OperationalError, match="statement timeout"):
            other.execute(text(f"ALTER TABLE events_user DETACH PARTITION {period.name} CONCURRENTLY"))
    engine.dispose()


def another_partition_of_its_time(database_url: str, period: Period) -> None:
    later = id_floor(period.end - timedelta(hours=1))
    query(database_url, f"CREATE TABLE trailkeeper.others {LIKE_EVENTS}")
    query(database_url, f"{ATTACH}.others FOR VALUES FROM ('{later}') TO ('{period.high}')")


def no_right_to_make_one(database_url: str, period: Period) -> None:
    refusal = f"IF current_query() LIKE '%{period.name}%' THEN RAISE 'not in business hours'; END IF"
    made = "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS"
    query(database_url, f"{made} $$BEGIN {refusal}; END$$")
    query(database_url, "CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse()")


IN_THE_WAY = [
    a_table_of_its_name,
    a_partition_that_was_detached,
    a_detach_that_was_interrupted,
    another_partition_of_its_time,
    no_right_to_make_one,
]


@pytest.mark.parametrize("obstacle", IN_THE_WAY)
@pytest.mark.parametrize("source", [Drainer, Relayer])
def test_a_late_message_with_something_in_its_partitions_place_becomes_a_dead_letter_and_stops_nothing(
    source: type[Drainer | Relayer],
    obstacle: Callable[[str, Period], None],
    client: redis.Redis,
    database_url: str,
    settings: WorkerSettings,
) -> None:
    ingesting, months = source(settings, "here/1"), [OLD, (OLD - timedelta(days=62)).replace(day=2)]
    there, missing = (an_event(moment) for moment in months)
    good = [an_event(), an_event(months[0])]
    feed(source, client, database_url, there)
    ingesting.run(20)
    period = period_of("user", months[1])
    obstacle(database_url, period)
    feed(source, client, database_url, good[0], missing, good[1])
    ingesting.run(20)
    ingesting.close()
    assert stored_ids(database_url) == sorted(event.id for event in (there, *good))
    [letter] = query(database_url, "SELECT reason, detail FROM dead_letters")
    assert letter["reason"] == "old_partition"
    assert f"it needs {period.name}: it cannot be made now" in letter["detail"]


def feed(source: type[Drainer | Relayer], client: redis.Redis, database_url: str, *events: Event) -> None:
    for event in events:
        if source is Drainer:
            put(client, event)
        else:
            query(database_url, "INSERT INTO outbox (payload) VALUES (:payload)", payload=encode(event))


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
