"""The relay against real Postgres: every committed message reaches its fate once, the others never."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, text

from tests.support.contracts.ingest import Death
from tests.support.drains import STREAM, an_event, query, settings_for, stored_ids
from tests.support.waiting import until
from trailkeeper.models import outbox
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.producer.event import Actor, Event, Subject
from trailkeeper.producer.stream_keys import minute_key, totals_key
from trailkeeper.producer.wire import encode
from trailkeeper.worker.ingest import pause
from trailkeeper.worker.ingest.crash_markers import DEATHS, CrashMarkers
from trailkeeper.worker.relay import OutboxPoller, Relayer
from trailkeeper.worker.relay.batch_marker import BatchMarker
from trailkeeper.worker.retention import add_hold, erase

SECONDS = 20.0
PUT = text("INSERT INTO outbox (payload, invalid) VALUES (:payload, :invalid) RETURNING id")


@pytest.fixture
def relayer(redis_url: str, database_url: str) -> Iterator[Relayer]:
    relayer = Relayer(settings_for(redis_url, database_url, batch_size=100), "here/1")
    yield relayer
    relayer.close()


def write(connection: Any, *payloads: bytes | Event, invalid: bytes | None = None) -> list[int]:
    """Messages into the outbox; returns its ids."""
    raws = [payload if isinstance(payload, bytes) else encode(payload) for payload in payloads]
    return [connection.execute(PUT, {"payload": raw, "invalid": invalid}).scalar_one() for raw in raws]


def put(engine: Engine, *payloads: bytes | Event, invalid: bytes | None = None) -> list[int]:
    with engine.begin() as connection:
        return write(connection, *payloads, invalid=invalid)


def waiting(database_url: str) -> int:
    return len(query(database_url, "SELECT 1 FROM outbox"))


def letters(database_url: str) -> list[tuple[str, str, str, bytes]]:
    rows = query(database_url, "SELECT stream, stream_id, reason, raw FROM dead_letters ORDER BY id")
    return [(row["stream"], row["stream_id"], row["reason"], bytes(row["raw"])) for row in rows]


def test_committed_messages_become_rows_and_leave_the_outbox(
    engine: Engine, relayer: Relayer, database_url: str
) -> None:
    events = [an_event(ip="192.168.1.9", user_agent="twine/4.0.2 CPython/3.11.3") for _ in range(250)]
    put(engine, *events)

    report = relayer.run(SECONDS)

    assert report.counts() == {"stored": 250}
    assert sorted(stored_ids(database_url)) == sorted(event.id for event in events)
    assert waiting(database_url) == 0
    derived = query(database_url, "SELECT count(location_id) AS l, count(client_id) AS c FROM events")
    assert dict(derived[0]) == {"l": 250, "c": 250}


def test_nothing_is_skipped_when_a_lower_id_is_committed_after_a_higher_one(
    engine: Engine, relayer: Relayer, database_url: str
) -> None:
    early, late = an_event(), an_event()
    with engine.connect() as slow:
        write(slow, early)
        put(engine, late)
        assert relayer.run(SECONDS).stored == 1
        assert stored_ids(database_url) == [late.id]
        slow.commit()
    assert relayer.run(SECONDS).stored == 1
    assert stored_ids(database_url) == sorted([early.id, late.id])


def test_what_was_rolled_back_never_was_there(engine: Engine, relayer: Relayer, database_url: str) -> None:
    kept = an_event()
    with engine.begin() as connection:
        write(connection, kept)
        savepoint = connection.begin_nested()
        write(connection, an_event())
        savepoint.rollback()
    with engine.connect() as connection:
        write(connection, an_event())
        connection.rollback()
    relayer.run(SECONDS)
    assert stored_ids(database_url) == [kept.id]


def test_rows_that_another_worker_is_at_are_left_to_it(
    engine: Engine, relayer: Relayer, database_url: str
) -> None:
    put(engine, an_event(), an_event(), an_event())
    with engine.connect() as other:
        assert len(outbox.take(other, outbox.Span(), 2)) == 2
        assert relayer.run(SECONDS).stored == 1
        other.rollback()
    assert relayer.run(SECONDS).stored == 2


def test_many_relays_at_once_store_each_event_once(engine: Engine, redis_url: str, database_url: str) -> None:
    events = [an_event() for _ in range(600)]
    put(engine, *events)
    relayers = [
        Relayer(settings_for(redis_url, database_url, batch_size=20), f"here/{slot}") for slot in range(3)
    ]
    threads = [threading.Thread(target=each.run, args=(SECONDS,)) for each in relayers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in relayers:
        each.close()
    assert stored_ids(database_url) == sorted(event.id for event in events)


class TestPoison:
    def test_it_becomes_a_dead_letter_and_everything_around_it_is_stored(
        self, engine: Engine, relayer: Relayer, database_url: str
    ) -> None:
        good = [an_event() for _ in range(20)]
        ids = put(engine, *good[:10], b"\xff not json", *good[10:])

        report = relayer.run(SECONDS)

        assert report.counts() == {"stored": 20, "dead_lettered": 1}
        assert letters(database_url) == [("outbox", str(ids[10]), "not_json", b"\xff not json")]
        assert waiting(database_url) == 0

    def test_a_row_the_database_refuses_is_found_by_splitting(
        self, engine: Engine, relayer: Relayer, database_url: str
    ) -> None:
        query(database_url, "ALTER TABLE events ADD CONSTRAINT no_bad CHECK (user_id <> 'bad')")
        events = [an_event(user=Subject("bad" if number == 41 else "good")) for number in range(100)]
        put(engine, *events)

        report = relayer.run(SECONDS)

        assert report.counts() == {"stored": 99, "dead_lettered": 1}
        assert [(letter[2], letter[3]) for letter in letters(database_url)] == [
            ("refused_row", encode(events[41]))
        ]

    def test_what_was_quarantined_is_kept_with_its_fault(
        self, engine: Engine, relayer: Relayer, database_url: str
    ) -> None:
        put(engine, b'{"tag":"no:such"}', invalid=b'{"problem":"tag"}')

        assert relayer.run(SECONDS).counts() == {"dead_lettered": 1, "quarantined": 1}

        assert letters(database_url)[0][2:] == (
            "quarantined",
            b'e={"tag":"no:such"}\ninvalid={"problem":"tag"}\n',
        )

    def test_a_fault_of_ours_is_narrowed_down_to_its_message(
        self, engine: Engine, relayer: Relayer, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        events = [an_event(user=Subject("odd" if number == 7 else "even")) for number in range(16)]
        put(engine, *events)
        derive = relayer.ingest.derive
        texts = derive.texts

        def fail(batch: Any) -> Any:
            if any(accepted.event.user == Subject("odd") for accepted in batch):
                raise ZeroDivisionError
            return texts(batch)

        monkeypatch.setattr(derive, "texts", fail)
        report = relayer.run(SECONDS)

        assert report.counts() == {"stored": 15, "dead_lettered": 1}
        assert [letter[2] for letter in letters(database_url)] == ["worker_error"]

    def test_an_old_event_gets_its_partition(
        self, engine: Engine, relayer: Relayer, database_url: str
    ) -> None:
        moment = datetime.now(UTC) - timedelta(days=900)
        event = an_event(moment, tag="project:create", project=Subject("p1"))
        put(engine, event)
        assert relayer.run(SECONDS).stored == 1
        assert stored_ids(database_url) == [event.id]

    def test_an_event_that_is_there_already_is_a_duplicate(
        self, engine: Engine, relayer: Relayer, database_url: str
    ) -> None:
        event = an_event()
        put(engine, event, event)
        put(engine, event)
        assert relayer.run(SECONDS).counts() == {"stored": 1, "duplicates": 2}


class TestDeaths:
    def dead(self, client: redis.Redis, span: outbox.Span, deaths: int) -> None:
        """A process in this place died at these rows, as others had before."""
        BatchMarker(client, STREAM, "here/1").set(span, deaths)

    def test_what_one_process_died_at_is_tried_again_as_a_batch(
        self, engine: Engine, relayer: Relayer, client: redis.Redis
    ) -> None:
        ids = put(engine, an_event(), an_event())
        self.dead(client, outbox.Span(ids[0], ids[-1]), 0)
        assert relayer.run(SECONDS).counts() == {"stored": 2}
        assert BatchMarker(client, STREAM, "here/1").read() is None

    def test_a_row_that_kills_each_process_that_is_alone_with_it_is_rejected(
        self, engine: Engine, relayer: Relayer, client: redis.Redis, database_url: str
    ) -> None:
        ids = put(engine, *(an_event() for _ in range(4)))
        self.dead(client, outbox.Span(ids[0], ids[-1]), DEATHS - 1)
        suspects = CrashMarkers(client, STREAM)
        for _ in range(DEATHS):
            suspects.enter(f"outbox/{ids[2]}")

        assert relayer.run(SECONDS).counts() == {"stored": 3, "dead_lettered": 1}

        assert [letter[1:3] for letter in letters(database_url)] == [(str(ids[2]), "killed_worker")]
        assert suspects.deaths(f"outbox/{ids[2]}") == 0

    def test_a_process_that_lives_leaves_no_mark(
        self, engine: Engine, relayer: Relayer, client: redis.Redis, database_url: str
    ) -> None:
        put(engine, an_event())
        query(database_url, "ALTER TABLE dead_letters RENAME TO elsewhere")
        put(engine, b"bad")
        with pytest.raises(Exception, match="dead_letters"):
            relayer.run(SECONDS)
        query(database_url, "ALTER TABLE elsewhere RENAME TO dead_letters")
        assert BatchMarker(client, STREAM, "here/1").read() is None
        assert relayer.run(SECONDS).counts() == {"stored": 1, "dead_lettered": 1}

    def test_rows_one_by_one_take_no_longer_than_a_relay_may_and_are_not_forgotten(
        self, engine: Engine, relayer: Relayer, client: redis.Redis, database_url: str
    ) -> None:
        ids = put(engine, *(an_event() for _ in range(3)))
        self.dead(client, outbox.Span(ids[0], ids[-1]), DEATHS - 1)
        relayer.run(0.000001)
        assert BatchMarker(client, STREAM, "here/1").read() is not None
        assert waiting(database_url) == 3
        assert relayer.run(SECONDS).stored == 3
        assert BatchMarker(client, STREAM, "here/1").read() is None

    def test_deaths_are_remembered_while_postgres_is_away(self, redis_url: str, client: redis.Redis) -> None:
        self.dead(client, outbox.Span(1, 5), 1)
        relayer = Relayer(settings_for(redis_url, "postgresql+psycopg2://127.0.0.1:1/none"), "here/1")
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                relayer.run(SECONDS)
        relayer.close()
        left = BatchMarker(client, STREAM, "here/1").read()
        assert left is not None
        assert (left.span, left.deaths) == (outbox.Span(1, 5), 1)

    def test_a_process_that_is_killed_while_postgres_does_not_answer_did_not_die_of_a_row(
        self, engine: Engine, relayer: Relayer, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [row] = put(engine, an_event())
        self.dead(client, outbox.Span(row, row), 0)
        with monkeypatch.context() as patch:
            patch.setattr("trailkeeper.worker.relay.relayer.assert_commits", _die)
            for _ in range(3 * DEATHS):
                with pytest.raises(Death):
                    relayer.run(SECONDS)
        left = BatchMarker(client, STREAM, "here/1").read()
        assert left is not None
        assert left.deaths == 0
        assert relayer.run(SECONDS).counts() == {"stored": 1}


def _die(*_: object) -> None:
    raise Death


def test_numbers_in_rows_close_no_gap(engine: Engine, relayer: Relayer, database_url: str) -> None:
    put(engine, an_event(producer="shop:1:a", seq=5, voids=[1, 2, 3, 4]))
    put(engine, b'{"producer":"shop:1:a","seq":6}')
    assert relayer.run(SECONDS).counts() == {"stored": 1, "dead_lettered": 1}
    assert query(database_url, "SELECT * FROM event_counts") == []
    assert query(database_url, "SELECT producer_id, sequence FROM events") == [
        {"producer_id": None, "sequence": None}
    ]


def test_what_is_relayed_is_counted_as_what_is_drained(
    engine: Engine, relayer: Relayer, client: redis.Redis
) -> None:
    put(engine, an_event(), b"bad")
    relayer.run(SECONDS)
    totals: Any = client.hgetall(totals_key(STREAM))
    assert (totals[b"stored"], totals[b"dead_lettered"]) == (b"1", b"1")
    minute: Any = client.hgetall(minute_key(STREAM, datetime.now(UTC)))
    assert minute.get(b"stored", b"1") == b"1"
    put(engine, an_event())
    relayer.run(SECONDS)
    totals = client.hgetall(totals_key(STREAM))
    assert sum(int(count) for name, count in totals.items() if name.startswith(b"latency_le")) == 2


def test_an_outage_of_postgres_pauses_the_fleet(redis_url: str, client: redis.Redis) -> None:
    relayer = Relayer(settings_for(redis_url, "postgresql+psycopg2://127.0.0.1:1/none"), "here/1")
    with pytest.raises(StoreUnavailable):
        relayer.run(SECONDS)
    paused = pause.current(client, STREAM)
    assert paused is not None
    assert paused.cause == "store"
    relayer.close()


class TestTheBacklog:
    def test_rows_and_the_age_of_the_oldest(self, engine: Engine) -> None:
        with transaction(engine) as connection:
            assert outbox.backlog(connection) == outbox.OutboxBacklog(0, None)
        ids = put(engine, an_event(), an_event())
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE outbox SET created_at = now() - interval '90 s' WHERE id = :id"), {"id": ids[0]}
            )
        with transaction(engine) as connection:
            found = outbox.backlog(connection)
        assert found.waiting == 2
        assert found.oldest_seconds == pytest.approx(90, abs=5)

    def test_it_is_counted_up_to_a_limit(self, engine: Engine) -> None:
        put(engine, *(an_event() for _ in range(5)))
        assert outbox.waiting(engine, 3) == 3


class TestAnErasure:
    def erased(self, redis_url: str, database_url: str) -> Any:
        return erase(settings_for(redis_url, database_url), "u1")

    def test_it_finds_what_is_not_relayed_yet(
        self, engine: Engine, relayer: Relayer, redis_url: str, database_url: str
    ) -> None:
        mine = an_event(user=Subject("u1", "ann"), actor=Actor("user", "u1", "ann"), ip="198.51.100.23")
        other = an_event(user=Subject("u2", "bob"), actor=Actor("user", "u2", "bob"), ip="198.51.100.24")
        put(engine, mine, other)

        receipt = self.erased(redis_url, database_url)
        relayer.run(SECONDS)

        rows = query(database_url, "SELECT id, user_name, host(ip) AS ip FROM events WHERE scope = 'user'")
        assert {row["id"]: (row["user_name"], row["ip"]) for row in rows} == {
            mine.id: (None, None),
            other.id: ("bob", "198.51.100.24"),
        }
        assert receipt.events == 1

    def test_what_is_held_stays(self, engine: Engine, redis_url: str, database_url: str) -> None:
        add_hold(settings_for(redis_url, database_url), "user", "u1", reason="a court", by="root")
        put(engine, an_event(user=Subject("u1", "ann")))

        receipt = self.erased(redis_url, database_url)

        [row] = query(database_url, "SELECT payload FROM outbox")
        assert b'"ann"' in bytes(row["payload"])
        assert (receipt.events, receipt.held) == (0, 1)

    def test_a_quarantined_call_loses_its_fault_too(
        self, engine: Engine, redis_url: str, database_url: str
    ) -> None:
        put(engine, b'{"tag":"no:such","user":{"id":"u1","name":"ann"}}', invalid=b'{"problem":"ann"}')

        self.erased(redis_url, database_url)

        [row] = query(database_url, "SELECT payload, invalid FROM outbox")
        assert b"ann" not in bytes(row["payload"]) + bytes(row["invalid"])


class TestTheWatch:
    def watch(self, url: str) -> OutboxPoller:
        return OutboxPoller(settings_for("redis://none", url, outbox_ms=50, dispatch_ms=10), most=10)

    def test_it_sees_what_is_committed_and_forgets_what_is_taken_care_of(
        self, engine: Engine, database_url: str
    ) -> None:
        watch = self.watch(database_url)
        watch.start()
        try:
            put(engine, an_event(), an_event())
            until(lambda: watch.waiting() == 2, what="two are seen")
            query(database_url, "DELETE FROM outbox")
            until(lambda: watch.waiting() == 0, what="they are gone")
        finally:
            watch.stop()

    def test_a_server_that_is_away_is_said_once(self, caplog: pytest.LogCaptureFixture) -> None:
        watch = self.watch("postgresql+psycopg2://127.0.0.1:1/none")
        watch.start()
        try:
            until(lambda: caplog.records, what="it is said")
            until(lambda: watch.outage.is_on, what="it has looked")
        finally:
            watch.stop()
        assert [record.message.partition(":")[0] for record in caplog.records] == ["cannot read the outbox"]
