"""A message that kills whoever handles it: how many it takes with it, and what becomes of the others."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import psutil
import pytest
import redis
from sqlalchemy import text

from tests.support.contracts.ingest import Death
from tests.support.databases import passing_folder, raw_engine
from tests.support.drains import STREAM, an_event, put, query, settings_for, stored_ids
from tests.support.waiting import until
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.models.migrate import upgrade
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.wire import encode
from trailkeeper.worker.drain import Drainer, stream_drain
from trailkeeper.worker.drain.batches import StreamBatches
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.ingest import RETRY
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


@pytest.mark.parametrize("asked_before", range(DEATHS))
def test_an_event_whose_processes_died_after_the_commit_is_no_dead_letter(
    asked_before: int, client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    event = an_event()
    [stream_id] = put(client, event)
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    with patch.object(Stream, "acknowledge", side_effect=Death), pytest.raises(Death):
        drainer.run(SECONDS)
    client.hset(f"{STREAM}:crash_markers", stream_id, str(DEATHS + asked_before))
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


def test_a_process_that_is_killed_while_postgres_does_not_answer_did_not_die_of_a_message(
    client: redis.Redis, drainer: Drainer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, *(an_event() for _ in range(3)))
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    with monkeypatch.context() as patch:
        patch.setattr(stream_drain, "assert_commits", _die)
        for _ in range(3 * DEATHS):
            with pytest.raises(Death):
                drainer.run(SECONDS)
    assert client.hlen(f"{STREAM}:crash_markers") == 0
    assert drainer.run(SECONDS).counts() == {"stored": 3}


def _die(*_: object) -> None:
    raise Death


def test_nobody_takes_a_suspect_over_from_a_process_that_lives_and_waits_for_postgres(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    [stream_id] = put(client, an_event())
    deliver(client, DELIVERIES_BEFORE_SUSPICION)
    patient = Drainer(settings_for(redis_url, database_url, lease_seconds=1.0), "there/1")
    others = [Drainer(settings_for(redis_url, database_url, lease_seconds=1.0), f"here/{n}") for n in (1, 2)]
    client.xclaim(STREAM, "drain", "there/1", 0, [stream_id], justid=True)
    locking = raw_engine(database_url)
    with locking.begin() as connection:
        connection.execute(text("LOCK TABLE events_user IN SHARE MODE"))
        waiting = threading.Thread(target=_attempt, args=(patient,))
        waiting.start()
        until(lambda: client.hlen(f"{STREAM}:crash_markers"), what="a message is marked")
        began = time.monotonic()
        while time.monotonic() < began + 3.5:  # three leases, and less than it waits for a lock
            assert not any(other.run(0.2).batches for other in others)
            assert client.hgetall(f"{STREAM}:crash_markers") == {stream_id.encode(): b"1"}
            time.sleep(0.05)
    waiting.join()
    locking.dispose()
    _attempt(patient)
    for drainer in (patient, *others):
        drainer.close()
    assert len(stored_ids(database_url)) == 1
    assert query(database_url, "SELECT reason FROM dead_letters") == []


def _attempt(drainer: Drainer) -> None:
    try:
        drainer.run(SECONDS)
    except RETRY:
        return


def test_what_a_fleet_hands_on_while_postgres_is_frozen_is_stored_and_no_dead_letter(
    client: redis.Redis, redis_url: str
) -> None:
    with passing_folder() as folder:
        server = EmbeddedPostgres(folder / "postgres")
        url = server.start()
        upgrade(url)
        fleet = [Drainer(settings_for(redis_url, url, lease_seconds=1.0), f"here/{n}") for n in range(8)]
        for drainer in fleet:  # each has a connection
            put(client, an_event())
            drainer.run(SECONDS)
        put(client, an_event())
        frozen = _processes(folder / "postgres")
        threads = [threading.Thread(target=_attempt, args=(drainer,)) for drainer in fleet]
        for process in frozen:
            process.suspend()
        try:
            for place, thread in enumerate(threads):
                thread.start()
                until(lambda: _idle_ms(client) > 1_000, 10, f"the lease of process {place} is over")
        finally:
            for process in frozen:
                process.resume()
        for thread in threads:
            thread.join()
        for drainer in fleet:
            _attempt(drainer)
            drainer.close()
        found = (len(stored_ids(url)), query(url, "SELECT reason, detail FROM dead_letters"))
        server.stop("immediate")
    assert found == (9, [])
    assert client.xlen(STREAM) == client.hlen(f"{STREAM}:crash_markers") == 0


def _processes(folder: Any) -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"])
    main = next(process for process in found if str(folder) in " ".join(process.info["cmdline"] or []))
    return [main, *main.children(recursive=True)]


def _idle_ms(client: redis.Redis) -> int:
    pending: Any = client.xpending_range(STREAM, "drain", "-", "+", 1)
    return int(pending[0]["time_since_delivered"]) if pending else 0
