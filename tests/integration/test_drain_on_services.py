"""The drain against real Valkey, real Redis and real Postgres: every message reaches its fate once."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
import redis
from msgspec.structs import replace

from tests.support.drains import STREAM, an_event, put, query, settings_for, stored_ids
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.producer.event import Actor, Credential, Subject
from trailkeeper.producer.stream_keys import GROUP
from trailkeeper.producer.wire import encode
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.ingest import pause as pauses
from trailkeeper.worker.ingest.crash_markers import DEATHS, CrashMarkers
from trailkeeper.worker.ingest.fates import MachineExhausted
from trailkeeper.worker.ingest.messages import HEAD_BYTES
from trailkeeper.worker.upkeep import reap

SECONDS = 20.0


@pytest.fixture
def redis_url(either_redis_url: str) -> str:
    """All of this is so with Valkey and with Redis."""
    return either_redis_url


@pytest.fixture
def drainer(redis_url: str, database_url: str) -> Iterator[Drainer]:
    drainer = Drainer(
        settings_for(redis_url, database_url, batch_size=100, retention_user_days="forever"), "here/1"
    )
    yield drainer
    drainer.close()


def test_an_event_becomes_a_row_with_its_facts_and_derivations(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    event = an_event(
        user=Subject("u1", "ann\tor\\anna\n"),
        actor=Actor("user", "u1", "ann", Credential("api_token", "t1", "laptop"), Subject("u2")),
        ip="192.168.1.9",
        user_agent="twine/4.0.2 CPython/3.11.3",
        request_id="r1",
        additional={"two_factor_method": "totp", "odd": "tab\tnewline\nback\\slash"},
    )
    put(client, event)

    report = drainer.run(SECONDS)

    [row] = query(
        database_url,
        "SELECT e.*, l.reason, c.display, c.user_agent FROM events e"
        " LEFT JOIN locations l ON l.id = location_id LEFT JOIN clients c ON c.id = client_id",
    )
    assert report.counts() == {"stored": 1}
    assert row["id"] == event.id
    assert row["occurred_at"] == event.occurred_at
    assert (row["scope"], row["tag"]) == ("user", "account:login:success")
    assert (row["user_id"], row["user_name"]) == ("u1", "ann\tor\\anna\n")
    assert (row["actor_kind"], row["actor_id"], row["actor_name"]) == ("user", "u1", "ann")
    assert (row["credential_kind"], row["credential_id"], row["credential_label"]) == (
        "api_token",
        "t1",
        "laptop",
    )
    assert (row["on_behalf_of_id"], row["on_behalf_of_name"]) == ("u2", None)
    assert (str(row["ip"]), row["request_id"]) == ("192.168.1.9", "r1")
    assert row["additional"] == event.additional
    assert row["reason"] == "private"
    assert (row["display"], row["user_agent"]) == ("twine (CPython)", "twine/4.0.2 CPython/3.11.3")


def test_nothing_is_left_in_the_stream_once_it_is_stored(client: redis.Redis, drainer: Drainer) -> None:
    put(client, *(an_event() for _ in range(250)))

    report = drainer.run(SECONDS)

    assert report.stored == 250
    assert client.xlen(STREAM) == 0
    assert client.xpending(STREAM, GROUP)["pending"] == 0


def test_poison_becomes_a_dead_letter_and_everything_around_it_is_stored(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    good = [an_event() for _ in range(20)]
    put(client, *good[:10], b"\xff not json \x00", *good[10:])
    client.xadd(STREAM, {"other": "field"})

    report = drainer.run(SECONDS)

    letters = query(database_url, "SELECT reason, raw, stream_id FROM dead_letters ORDER BY id")
    assert report.counts() == {"stored": 20, "dead_lettered": 2}
    assert sorted(stored_ids(database_url)) == sorted(event.id for event in good)
    assert [(letter["reason"], bytes(letter["raw"])) for letter in letters] == [
        ("not_json", b"\xff not json \x00"),
        ("no_event", b"other=field\n"),
    ]


def test_a_row_the_database_refuses_is_found_by_splitting_and_kept(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    query(database_url, "ALTER TABLE events ADD CONSTRAINT no_bad CHECK (user_id <> 'bad')")
    events = [an_event(user=Subject("bad" if number == 41 else "good")) for number in range(100)]
    put(client, *events)

    report = drainer.run(SECONDS)

    [letter] = query(database_url, "SELECT reason, raw FROM dead_letters")
    assert report.counts() == {"stored": 99, "dead_lettered": 1}
    assert (letter["reason"], bytes(letter["raw"])) == ("refused_row", encode(events[41]))
    assert events[41].id not in stored_ids(database_url)


def test_an_event_sent_twice_is_stored_once(client: redis.Redis, drainer: Drainer, database_url: str) -> None:
    event = an_event()
    put(client, event, an_event(), event)

    report = drainer.run(SECONDS)

    assert report.counts() == {"stored": 2, "duplicates": 1}
    assert stored_ids(database_url).count(event.id) == 1


def test_a_wrong_call_sent_twice_is_one_dead_letter(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    wrong = encode(replace(an_event(), tag="nobody:knows", producer="web:1:a", seq=1))
    quarantined: dict[Any, Any] = {"e": b'{"odd":"\\ud800"}', "invalid": b'{"problem":"user is missing"}'}
    for _ in range(2):  # in one batch, and in two
        put(client, wrong, wrong)
        client.xadd(STREAM, quarantined)
        client.xadd(STREAM, {"e": wrong, "s": b"other:signature"})
        drainer.run(SECONDS)

    letters = query(database_url, "SELECT reason, signature FROM dead_letters")
    assert sorted((letter["reason"], bytes(letter["signature"] or b"")) for letter in letters) == [
        ("quarantined", b""),
        ("unknown_tag", b""),
        ("unknown_tag", b"other:signature"),  # another message: only one of the two may be vouched for
    ]
    numbers = query(database_url, "SELECT fate, CAST(sequences AS text) AS numbers FROM event_counts")
    assert {(count["fate"], count["numbers"]) for count in numbers} == {("dead", "{[1,2)}")}


def test_rubbish_that_names_no_event_is_a_dead_letter_each_time_it_comes(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    put(client, b"{}", b"{}", b"rubbish", b"rubbish")

    drainer.run(SECONDS)

    [found] = query(database_url, "SELECT count(*) AS number FROM dead_letters")
    assert found["number"] == 4


def test_an_event_from_years_ago_gets_its_partition(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    put(
        client,
        an_event(),
        an_event(datetime(2009, 3, 1, tzinfo=UTC)),
        an_event(datetime(2015, 5, 17, tzinfo=UTC)),
    )

    report = drainer.run(SECONDS)

    partitions = query(database_url, "SELECT DISTINCT tableoid::regclass::text AS name FROM events")
    assert report.stored == 3
    assert {"events_user_2009_03", "events_user_2015_05"} < {row["name"] for row in partitions}


def test_what_a_process_left_is_taken_over_at_once_by_its_successor(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    put(client, *(an_event() for _ in range(10)))
    assert len(Stream(client, STREAM, "here/1").read(10)) == 10  # and the process dies here

    report = drainer.run(SECONDS)

    assert report.stored == 10
    assert len(stored_ids(database_url)) == 10


def test_rows_committed_before_a_death_are_not_stored_again(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    events = [an_event() for _ in range(10)]
    put(client, *events[:6])
    drainer.run(SECONDS)
    put(client, *events)  # as if the acknowledgement had never reached Redis

    report = drainer.run(SECONDS)

    assert report.counts() == {"stored": 4, "duplicates": 6}
    assert stored_ids(database_url) == sorted(event.id for event in events)


def test_what_another_consumer_holds_is_left_to_it_until_its_lease_ends(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    put(client, an_event())
    Stream(client, STREAM, "elsewhere/1").read(10)
    patient = Drainer(settings_for(redis_url, database_url, lease_seconds=3600), "here/1")
    hasty = Drainer(settings_for(redis_url, database_url, lease_seconds=0.001), "here/1")

    waited, took = patient.run(SECONDS), hasty.run(SECONDS)
    patient.close()
    hasty.close()

    assert (waited.stored, took.stored) == (0, 1)


def test_while_the_database_is_away_events_wait_and_the_fleet_pauses(
    client: redis.Redis, redis_url: str, database_url: str, drainer: Drainer
) -> None:
    put(client, *(an_event() for _ in range(5)))
    nowhere = "postgresql+psycopg2://postgres@127.0.0.1:1/none"
    cut_off = Drainer(settings_for(redis_url, nowhere), "here/1")

    with pytest.raises(StoreUnavailable):
        cut_off.run(SECONDS)
    pause = pauses.current(client, STREAM)
    cut_off.close()

    assert pause is not None
    assert pause.cause == "store"
    assert client.xlen(STREAM) == 5
    assert drainer.run(SECONDS).stored == 5


def test_no_number_of_outages_makes_a_dead_letter_of_a_good_event(
    client: redis.Redis, redis_url: str, drainer: Drainer
) -> None:
    put(client, an_event())
    cut_off = Drainer(settings_for(redis_url, "postgresql+psycopg2://postgres@127.0.0.1:1/none"), "here/1")
    for _ in range(12):
        with pytest.raises(StoreUnavailable):
            cut_off.run(SECONDS)
    cut_off.close()

    assert drainer.run(SECONDS).counts() == {"stored": 1}


def test_a_message_that_killed_each_process_that_held_it_is_rejected(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    [stream_id, _] = put(client, an_event(), an_event())
    stream, suspects = Stream(client, STREAM, "here/1"), CrashMarkers(client, STREAM)
    stream.read(10)
    for _ in range(3):
        stream.take_over([stream_id], 0)
    for _ in range(DEATHS):
        suspects.enter(stream_id)

    report = drainer.run(SECONDS)

    [letter] = query(database_url, "SELECT reason, detail FROM dead_letters")
    assert report.counts() == {"stored": 1, "dead_lettered": 1}
    assert letter["reason"] == "killed_worker"
    assert client.hlen(f"{STREAM}:crash_markers") == 0


@pytest.mark.parametrize("junk", [3_000, 100_000])
def test_a_flood_of_rubbish_stops_nobody(
    client: redis.Redis, redis_url: str, database_url: str, junk: int
) -> None:
    before, after = [an_event() for _ in range(50)], [an_event() for _ in range(50)]
    put(client, *before)
    for _ in range(0, junk, 1_000):
        pipeline = client.pipeline(transaction=False)
        for number in range(1_000):
            pipeline.xadd(STREAM, {"e": b"rubbish %d" % number})
        pipeline.execute()
    put(client, *after)
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    report = drainer.run(300)
    drainer.close()
    assert report.counts() == {"stored": 100, "dead_lettered": junk}
    assert stored_ids(database_url) == sorted(event.id for event in [*before, *after])
    assert pauses.current(client, STREAM) is None


def test_rubbish_is_kept_as_its_beginning_and_a_digest_and_a_wrong_event_whole(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    rubbish = b"rubbish " * 8_000
    wrong = encode(an_event(tag="no:such:tag", additional={"note": "x" * 60_000}))
    put(client, rubbish, wrong)
    drainer.run(SECONDS)
    kept = query(database_url, "SELECT reason, detail, raw FROM dead_letters ORDER BY reason")
    assert [row["reason"] for row in kept] == ["not_json", "unknown_tag"]
    assert bytes(kept[0]["raw"]) == rubbish[:HEAD_BYTES]
    assert f"64,000 bytes with the SHA-256 {hashlib.sha256(rubbish).hexdigest()}" in kept[0]["detail"]
    assert bytes(kept[1]["raw"]) == wrong


def test_a_lost_group_is_made_again_from_the_streams_beginning(client: redis.Redis, drainer: Drainer) -> None:
    drainer.run(SECONDS)
    put(client, an_event())
    client.xgroup_destroy(STREAM, GROUP)

    assert drainer.run(SECONDS).stored == 1


def test_a_consumer_that_is_gone_is_removed_only_once_it_holds_nothing(client: redis.Redis) -> None:
    put(client, an_event())
    holder, idle = Stream(client, STREAM, "holder"), Stream(client, STREAM, "idle")
    holder.read(10)
    idle.read(10)

    assert reap(client, STREAM, 0) == ["idle"]
    assert [consumer["name"] for consumer in client.xinfo_consumers(STREAM, GROUP)] == [b"holder"]


def test_consumers_that_were_heard_of_lately_are_kept(client: redis.Redis) -> None:
    put(client, an_event())
    Stream(client, STREAM, "fresh").read(1)

    assert reap(client, STREAM, timedelta(hours=1).total_seconds()) == []


def test_looking_for_consumers_of_a_stream_that_does_not_exist_is_harmless(client: redis.Redis) -> None:
    assert reap(client, STREAM, 0) == []


@pytest.mark.parametrize("step", ["kernel.rows_of", "judge.decode", "writer.insert"])
@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.EMFILE, "Too many open files")])
def test_what_the_machine_is_short_of_makes_no_dead_letter(
    client: redis.Redis, drainer: Drainer, step: str, error: Exception
) -> None:
    put(client, *(an_event() for _ in range(4)))
    with patch(f"trailkeeper.worker.ingest.{step}", side_effect=error), pytest.raises(MachineExhausted):
        drainer.run(5)
    assert drainer.run(5).counts() == {"stored": 4}
