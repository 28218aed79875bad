"""No message brings back what is past its retention, nor makes partitions without end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import redis
from sqlalchemy import Connection, Engine

from tests.support.backfills import run_to_end, start_import, start_replay
from tests.support.drains import an_event, put, query, settings_for, stored_ids
from trailkeeper.models.errors import StoreMisconfigured
from trailkeeper.models.status import ServerFacts, server_facts
from trailkeeper.producer.event import Event, Subject
from trailkeeper.producer.wire import encode
from trailkeeper.worker import clocks
from trailkeeper.worker.backfills import Runner
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.ingest import kernel, pause
from trailkeeper.worker.relay import Relayer
from trailkeeper.worker.retention import purge
from trailkeeper.worker.settings import WorkerSettings

NOW = datetime.now(UTC)


@pytest.fixture
def settings(redis_url: str, database_url: str) -> WorkerSettings:
    return settings_for(redis_url, database_url, retention_user_days=90, old_partitions=3)


def run(source: type[Drainer | Relayer], settings: WorkerSettings) -> dict[str, int]:
    process = source(settings, "here/1")
    try:
        return process.run(30).counts()
    finally:
        process.close()


def letters(settings: WorkerSettings) -> list[Any]:
    return query(settings.database_url, "SELECT reason, detail FROM dead_letters ORDER BY id")


def of_days_ago(days: float) -> Event:
    return an_event(NOW - timedelta(days=days))


def of_a_project(year: int) -> Event:
    moment = datetime(year, 6, 1, tzinfo=UTC)
    return an_event(moment, tag="project:create", project=Subject("p1"))


def test_the_stream_refuses_what_is_past_its_retention(client: redis.Redis, settings: WorkerSettings) -> None:
    kept, expired = of_days_ago(89), of_days_ago(91)
    put(client, kept, expired)
    assert run(Drainer, settings) == {"stored": 1, "dead_lettered": 1}
    assert stored_ids(settings.database_url) == [kept.id]
    [letter] = letters(settings)
    assert letter["reason"] == "expired"
    assert "account:login:success events before" in letter["detail"]


def test_so_does_the_outbox(settings: WorkerSettings) -> None:
    query(settings.database_url, "INSERT INTO outbox (payload) VALUES (:raw)", raw=encode(of_days_ago(91)))
    assert run(Relayer, settings) == {"dead_lettered": 1}


def test_so_does_a_replay(engine: Engine, client: redis.Redis, settings: WorkerSettings) -> None:
    put(client, of_days_ago(91))
    run(Drainer, settings)
    runner = Runner(settings)
    run_to_end(runner, start_replay(engine))
    runner.close()
    assert [letter["reason"] for letter in letters(settings)] == ["expired"]


def test_what_was_purged_does_not_come_back_when_it_is_sent_again(
    client: redis.Redis, settings: WorkerSettings, redis_url: str, database_url: str
) -> None:
    longer = settings_for(redis_url, database_url)
    event = of_days_ago(100)
    put(client, event)
    assert run(Drainer, longer) == {"stored": 1}
    purge(settings)
    put(client, event)
    assert run(Drainer, longer) == {"dead_lettered": 1}  # although the policy would keep it again
    assert event.id not in stored_ids(database_url)


def test_messages_make_a_bounded_number_of_old_partitions_and_an_import_makes_the_others(
    engine: Engine, client: redis.Redis, settings: WorkerSettings, tmp_path: Path
) -> None:
    old, new = [of_a_project(year) for year in range(2005, 2025)], [of_days_ago(1) for _ in range(20)]
    put(client, *(event for pair in zip(old, new, strict=True) for event in pair))
    assert run(Drainer, settings) == {"stored": 23, "dead_lettered": 17}
    assert set(stored_ids(settings.database_url)) == {event.id for event in [*new, *old[-3:]]}
    assert {letter["reason"] for letter in letters(settings)} == {"old_partition"}
    assert "TRAILKEEPER_OLD_PARTITIONS" in letters(settings)[0]["detail"]
    put(client, old[0], *[of_days_ago(1)])
    assert run(Drainer, settings) == {"stored": 1, "dead_lettered": 1}
    (tmp_path / "old.jsonl").write_bytes(b"".join(encode(event) + b"\n" for event in old))
    runner = Runner(settings)
    run_to_end(runner, start_import(engine, tmp_path / "old.jsonl").id)
    runner.close()
    assert {event.id for event in old} <= set(stored_ids(settings.database_url))


def test_a_hostile_third_of_a_thousand_messages_makes_no_thousand_partitions(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    settings = settings_for(redis_url, database_url, retention_user_days="forever", old_partitions=20)
    months = [datetime(2000 + month // 12, month % 12 + 1, 5, tzinfo=UTC) for month in range(25 * 12)]
    good = [of_days_ago(1) for _ in range(700)]
    put(client, *map(an_event, months), *good)
    assert run(Drainer, settings) == {"stored": 720, "dead_lettered": 280}
    statement = (
        "SELECT count(*) AS n FROM pg_class WHERE relkind = 'r' AND relname LIKE 'events\\_user\\_20%'"
    )
    assert query(database_url, statement)[0]["n"] < 30


class ThisClock:
    """This machine's clock; `asked` is how often Postgres was asked for its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.ahead = timedelta()
        monkeypatch.setattr(clocks, "server_facts", self._ask)
        monkeypatch.setattr(kernel, "datetime", Mock(wraps=datetime, now=self._now))

    def _ask(self, connection: Connection) -> ServerFacts:
        self.asked += 1
        return server_facts(connection)

    def _now(self, zone: tzinfo) -> datetime:
        return datetime.now(zone) + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ThisClock:
    return ThisClock(monkeypatch)


@pytest.mark.parametrize("source", [Drainer, Relayer])
@pytest.mark.parametrize("ahead", [timedelta(days=100), timedelta(hours=-2)])
def test_a_machine_whose_clock_differs_from_postgres_rejects_nothing_for_its_time(
    client: redis.Redis,
    settings: WorkerSettings,
    clock: ThisClock,
    source: type[Drainer | Relayer],
    ahead: timedelta,
) -> None:
    if source is Drainer:
        put(client, an_event())
    else:
        query(settings.database_url, "INSERT INTO outbox (payload) VALUES (:raw)", raw=encode(an_event()))
    process = source(settings, "here/1")
    clock.ahead = ahead
    for _ in range(3):
        with pytest.raises(StoreMisconfigured, match="set the wrong one"):
            process.run(5)
    assert "set the wrong one" in pause.outages(client, settings.stream)[0].detail
    clock.ahead = timedelta()
    assert process.run(5).counts() == {"stored": 1}
    process.close()
    assert clock.asked == 1
    assert letters(settings) == []


def test_an_import_waits_as_well(
    engine: Engine, settings: WorkerSettings, tmp_path: Path, clock: ThisClock
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(encode(an_event()) + b"\n")
    runner = Runner(settings)
    job = start_import(engine, path)
    clock.ahead = timedelta(hours=-2)
    with pytest.raises(StoreMisconfigured, match="set the wrong one"):
        runner.run(job.id, 5)
    clock.ahead = timedelta()
    done = run_to_end(runner, job.id)
    runner.close()
    assert (done.changed, done.rejected) == (1, 0)


def test_where_the_clocks_agree_postgres_is_asked_once_for_many_messages(
    client: redis.Redis, settings: WorkerSettings, clock: ThisClock
) -> None:
    process = Drainer(settings, "here/1")
    for _ in range(2):
        put(client, *(of_days_ago(91) for _ in range(5)))
        assert process.run(5).counts() == {"dead_lettered": 5}
    process.close()
    assert clock.asked == 1
