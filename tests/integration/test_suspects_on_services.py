"""A message that kills whoever handles it: how many it takes with it, and what becomes of the others."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import pytest
import redis

from tests.support.contracts.ingest import Death
from tests.support.drains import STREAM, an_event, put, query, settings_for, stored_ids
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.wire import encode
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.drain.batches import StreamBatches
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.ingest.crash_markers import DEATHS, DELIVERIES_BEFORE_SUSPICION, CrashMarkers
from trailkeeper.worker.ingest.judge import judge_all
from trailkeeper.worker.ingest.messages import IncomingMessage

SECONDS = 20.0
JUDGE = "trailkeeper.worker.ingest.kernel.judge_all"
KILLER = b"whoever reads this dies"


@pytest.fixture
def redis_url(either_redis_url: str) -> str:
    """All of this is so with Valkey and with Redis."""
    return either_redis_url


@pytest.fixture
def drainer(redis_url: str, database_url: str) -> Iterator[Drainer]:
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    yield drainer
    drainer.close()


def drain_in_a_child(redis_url: str, database_url: str) -> bool:
    """Drain in a process that the killer kills; whether it lived."""
    child = os.fork()
    if child == 0:
        try:
            _drain_dangerously(redis_url, database_url)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return not os.WIFSIGNALED(status)


def _drain_dangerously(redis_url: str, database_url: str) -> None:
    def die_on_sight(messages: Sequence[IncomingMessage], *rest: Any) -> Any:
        if any(KILLER in (message.payload or b"") for message in messages):
            os.kill(os.getpid(), signal.SIGKILL)
        return judge_all(messages, *rest)

    pytest.MonkeyPatch().setattr(JUDGE, die_on_sight)
    Drainer(settings_for(redis_url, database_url), "here/1").run(SECONDS)


def deliver(client: redis.Redis, times: int) -> None:
    """Give every message out *times* times to a process that never ends with it."""
    stream = Stream(client, STREAM, "here/1")
    stream_ids = [message.stream_id for message in stream.read(100)]
    for _ in range(times - 1):
        stream.take_over(stream_ids, 0)


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages are settled together, each time."""
    found: list[int] = []

    def count(messages: Sequence[IncomingMessage], *rest: Any) -> Any:
        found.append(len(messages))
        return judge_all(messages, *rest)

    monkeypatch.setattr(JUDGE, count)
    return found


def test_a_killer_is_rejected_after_few_deaths_and_all_others_are_stored(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    good = [an_event() for _ in range(10)]
    killer = encode(an_event(request_id=KILLER.decode()))
    put(client, *good[:5], killer, *good[5:])

    deaths = 0
    while not drain_in_a_child(redis_url, database_url):
        deaths += 1

    [letter] = query(database_url, "SELECT reason, raw FROM dead_letters")
    assert deaths == DELIVERIES_BEFORE_SUSPICION + DEATHS
    assert (letter["reason"], bytes(letter["raw"])) == ("killed_worker", killer)
    assert stored_ids(database_url) == sorted(event.id for event in good)
    assert client.xlen(STREAM) == client.hlen(f"{STREAM}:crash_markers") == 0


def test_what_was_given_out_once_or_twice_is_settled_together(
    client: redis.Redis, drainer: Drainer, sizes: list[int]
) -> None:
    put(client, *(an_event() for _ in range(5)))
    deliver(client, DELIVERIES_BEFORE_SUSPICION - 1)
    assert drainer.run(SECONDS).stored == 5
    assert sizes == [5]


def test_suspects_take_no_longer_than_a_drain_may(
    client: redis.Redis, drainer: Drainer, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, *(an_event() for _ in range(5)))
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    clear = CrashMarkers.clear

    def slowly(markers: CrashMarkers, *names: str) -> None:
        clear(markers, *names)
        time.sleep(0.3)

    monkeypatch.setattr(CrashMarkers, "clear", slowly)
    drainer.run(0.5)
    assert sizes in ([1], [1, 2])
    drainer.run(SECONDS)
    assert sum(sizes) == 5


def test_a_redis_that_is_away_when_a_marker_is_to_be_cleared_is_no_death(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    [stream_id] = put(client, an_event())
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    for _ in range(DEATHS):
        with (
            patch.object(Stream, "acknowledge", side_effect=StreamUnavailable("away")),
            patch.object(redis.Redis, "hdel", side_effect=redis.ConnectionError("away")),
            pytest.raises(StreamUnavailable),
        ):
            drainer.run(SECONDS)
        assert client.hget(f"{STREAM}:crash_markers", stream_id) == b"1"
    assert drainer.run(SECONDS).duplicates == 1
    assert query(database_url, "SELECT reason FROM dead_letters") == []
    assert client.hlen(f"{STREAM}:crash_markers") == 0


def test_suspects_are_settled_in_growing_groups_and_forgotten_when_they_did_no_harm(
    client: redis.Redis, drainer: Drainer, sizes: list[int]
) -> None:
    put(client, *(an_event() for _ in range(8)))
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    put(client, *(an_event() for _ in range(5)))
    assert drainer.run(SECONDS).stored == 13
    assert sizes == [1, 2, 4, 1, 5]
    assert client.hlen(f"{STREAM}:crash_markers") == 0


def test_a_suspect_that_a_process_died_on_is_settled_alone_after_the_others(
    client: redis.Redis, drainer: Drainer, sizes: list[int]
) -> None:
    stream_ids = put(client, *(an_event() for _ in range(5)))
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    CrashMarkers(client, STREAM).enter(stream_ids[1])
    CrashMarkers(client, STREAM).enter(stream_ids[2])
    assert drainer.run(SECONDS).stored == 5
    assert sizes == [1, 2, 1, 1]
    assert client.hlen(f"{STREAM}:crash_markers") == 0


def test_a_death_of_a_group_marks_each_of_it_once(client: redis.Redis, drainer: Drainer) -> None:
    stream_ids = put(client, *(an_event() for _ in range(3)))
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    CrashMarkers(client, STREAM).enter(stream_ids[0])
    marks: list[Any] = []

    def look(messages: Sequence[IncomingMessage], *rest: Any) -> Any:
        marks.append(client.hgetall(f"{STREAM}:crash_markers"))
        return judge_all(messages, *rest)

    with patch(JUDGE, look):
        drainer.run(SECONDS)
    first, second, third = (stream_id.encode() for stream_id in stream_ids)
    assert marks == [
        {first: b"1", second: b"1"},
        {first: b"1", third: b"1"},
        {first: b"2"},
    ]


def test_after_a_long_outage_few_transactions_store_what_waited(
    client: redis.Redis, redis_url: str, database_url: str, drainer: Drainer, sizes: list[int]
) -> None:
    put(client, *(an_event() for _ in range(100)))
    cut_off = Drainer(settings_for(redis_url, "postgresql+psycopg2://postgres@127.0.0.1:1/none"), "here/1")
    for _ in range(DELIVERIES_BEFORE_SUSPICION + 3):
        with pytest.raises(StoreUnavailable):
            cut_off.run(SECONDS)
    cut_off.close()
    assert client.hlen(f"{STREAM}:crash_markers") == 0
    sizes.clear()
    assert drainer.run(SECONDS).counts() == {"stored": 100}
    assert sizes == [1, 2, 4, 8, 16, 32, 37]


def test_where_many_at_once_are_too_slow_each_try_stores_some_and_marks_none(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    events = [an_event() for _ in range(10)]
    put(client, *events)
    deliver(client, DELIVERIES_BEFORE_SUSPICION)

    commit = StreamBatches.commit

    def time_out(batches: StreamBatches, messages: Sequence[IncomingMessage], *rest: Any, fresh: bool) -> Any:
        if len(messages) > 2:
            raise StoreUnavailable("too slow")
        return commit(batches, messages, *rest, fresh=fresh)

    with patch.object(StreamBatches, "commit", time_out):
        for stored in (3, 6):
            with pytest.raises(StoreUnavailable):
                drainer.run(SECONDS)
            assert len(stored_ids(database_url)) == stored
            assert client.hlen(f"{STREAM}:crash_markers") == 0
        drainer.run(SECONDS)
    assert stored_ids(database_url) == sorted(event.id for event in events)


def test_an_event_whose_processes_died_after_the_commit_is_no_dead_letter(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    event = an_event()
    [stream_id] = put(client, event)
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    with patch.object(Stream, "acknowledge", side_effect=Death), pytest.raises(Death):
        drainer.run(SECONDS)
    client.hset(f"{STREAM}:crash_markers", stream_id, str(DEATHS))
    report = drainer.run(SECONDS)
    assert (report.duplicates, report.dead_lettered) == (1, 0)
    assert (stored_ids(database_url), query(database_url, "SELECT * FROM dead_letters")) == ([event.id], [])
    assert client.xlen(STREAM) == client.hlen(f"{STREAM}:crash_markers") == 0


def test_deaths_are_remembered_while_postgres_is_away(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    [stream_id] = put(client, an_event())
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    client.hset(f"{STREAM}:crash_markers", stream_id, "2")
    nowhere = "postgresql+psycopg2://postgres@127.0.0.1:1/postgres"
    drainer = Drainer(settings_for(redis_url, nowhere), "here/1")
    with pytest.raises(StoreUnavailable):
        drainer.run(SECONDS)
    drainer.close()
    assert client.hgetall(f"{STREAM}:crash_markers") == {stream_id.encode(): b"2"}
