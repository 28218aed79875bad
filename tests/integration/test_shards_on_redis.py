"""Several streams share the events: what is in any of them is stored, counted and waited for."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine

from tests.support.command import call
from tests.support.drains import STREAM, an_event, put, query, settings_for, stored_ids
from tests.support.emitting import CATALOGUE, REQUIRED, SPOOLED
from tests.support.servers import serving, valkey
from tests.support.waiting import BUSY_SECONDS, within
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.redis_client import IMPATIENT_SECONDS, connect, of_each_stream
from trailkeeper.producer.transports import stream_of
from trailkeeper.producer.transports.shards import servers_of, shards_of
from trailkeeper.producer.wire import encode
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.stream_state import read_stream
from trailkeeper.worker.backlog import Backlogs
from trailkeeper.worker.counting.reconcile import reconcile_live
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.drain.full_redis import relieve
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.retention.erasing.waiting import Undrained, wait_until_drained
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.upkeep import beat_alive

BUDGET = 0.25
AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture
def two_urls(redis_url: str, services_folder: Path) -> Iterator[str]:
    """Two servers, as a setting names them."""
    with serving(valkey(services_folder / "shard")) as second:
        with redis.Redis.from_url(second.url) as client:
            client.flushall()
        yield f"{redis_url} {second.url}"


@pytest.fixture
def settings(two_urls: str, database_url: str) -> WorkerSettings:
    """Three streams on two servers."""
    return settings_for(two_urls, database_url, redis_shards=3, spool="off")


def put_everywhere(settings: WorkerSettings, number: int) -> None:
    for shard in shards_of(settings):
        with connect(shard) as client:
            for _ in range(number):
                client.xadd(shard.key, {"e": encode(an_event())})


def lengths(settings: WorkerSettings) -> list[int]:
    return of_each_stream(settings, lambda client, key: int(client.xlen(key)))


def test_streams_are_spread_over_servers_and_the_first_keeps_its_name() -> None:
    settings = WorkerSettings(redis_url="redis://a redis://b", redis_shards=3, stream="audit")
    assert shards_of(settings) == (
        ("redis://a", "audit"),
        ("redis://b", "audit:1"),
        ("redis://a", "audit:2"),
    )
    assert [shard.url for shard in servers_of(settings)] == ["redis://a", "redis://b"]


def test_a_drain_stores_what_is_in_every_stream(settings: WorkerSettings) -> None:
    put_everywhere(settings, 5)
    with closing(Drainer(settings, "here/1")) as drainer:
        assert drainer.run(9).stored == 15
    assert lengths(settings) == [0, 0, 0]
    assert len(stored_ids(settings.database_url)) == 15


def test_one_stream_that_is_away_keeps_no_drain_from_the_others(
    settings: WorkerSettings, redis_url: str
) -> None:
    put_everywhere(settings, 5)
    half = settings_for(f"{AWAY} {redis_url}", settings.database_url, redis_shards=3, spool="off")
    # of these the third stream is on the server that is away
    with connect(redis_url) as client:
        client.xadd("trailkeeper:events:1", {"e": encode(an_event())})
    with closing(Drainer(half, "here/1")) as drainer:
        with pytest.raises(StreamUnavailable):
            drainer.run(9)
        assert len(stored_ids(settings.database_url)) == 1
        assert drainer.run(9).stored == 0  # it is left alone for a while, and nobody is told again


def test_the_same_event_in_two_streams_is_stored_once(settings: WorkerSettings) -> None:
    event = encode(an_event())
    for shard in shards_of(settings)[:2]:
        with connect(shard) as client:
            client.xadd(shard.key, {"e": event})
    with closing(Drainer(settings, "here/1")) as drainer:
        report = drainer.run(9)
    assert (report.stored, report.duplicates) == (1, 1)


def test_the_same_wrong_call_in_two_streams_is_one_dead_letter(settings: WorkerSettings) -> None:
    wrong = encode(an_event(tag="nobody:knows"))
    for shard in shards_of(settings)[:2]:
        with connect(shard) as client:
            client.xadd(shard.key, {"e": wrong})
    with closing(Drainer(settings, "here/1")) as drainer:
        drainer.run(9)
    [found] = query(settings.database_url, "SELECT count(*) AS number FROM dead_letters")
    assert found["number"] == 1


def test_a_process_keeps_to_one_stream(settings: WorkerSettings) -> None:
    sending = Emitter(ProducerSettings(redis_url=settings.redis_url, redis_shards=3, spool="off"))
    for _ in range(5):
        sending.emit("account:login:success", user="u1", additional={"two_factor_method": "totp"})
    found = lengths(settings)
    assert found[os.getpid() % 3] == 5
    assert sum(found) == 5


def test_while_its_stream_is_away_a_process_uses_another_within_its_budget(
    redis_url: str, tmp_path: Path
) -> None:
    for urls in (f"{AWAY} {redis_url}", f"{redis_url} {AWAY}"):
        given = ProducerSettings(redis_url=urls, spool=str(tmp_path / "spool.sqlite"), on_invalid="raise")
        sending = Emitter(given, catalogue=CATALOGUE)
        with within(BUDGET):
            assert sending.emit(SPOOLED).outcome == "stream"
        with within(BUDGET):
            assert asyncio.run(sending.aemit(REQUIRED)).outcome == "stream"
        sending.close()


def test_what_one_stream_may_have_is_not_certainly_refused_although_another_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        urls = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        for both in (f"{urls} {AWAY}", f"{AWAY} {urls}"):
            stream = stream_of(ProducerSettings(redis_url=both))
            with pytest.raises(StreamUnavailable) as failure:
                stream.send(b"{}", None, time.monotonic() + BUDGET)
            assert failure.value.may_have_it
    with pytest.raises(StreamUnavailable) as failure:
        stream_of(ProducerSettings(redis_url=f"{AWAY} {AWAY[:-1]}1")).send(
            b"{}", None, time.monotonic() + BUDGET
        )
    assert not failure.value.may_have_it


def test_if_all_are_away_events_are_spooled_within_their_budget(tmp_path: Path) -> None:
    spool = str(tmp_path / "spool.sqlite")
    given = ProducerSettings(redis_url=f"{AWAY} {AWAY}", spool=spool, on_invalid="raise")
    sending = Emitter(given, catalogue=CATALOGUE)
    for _ in range(3):
        with within(BUDGET):
            assert sending.emit(SPOOLED).outcome == "spooled"
    sending.close()


def test_the_backlog_is_of_all_streams_and_one_that_is_away_is_named(
    settings: WorkerSettings, redis_url: str
) -> None:
    put_everywhere(settings, 2)
    backlogs = Backlogs(settings)
    backlog, away = backlogs.read()
    assert (backlog.new, away) == (6, None)
    backlogs.close()
    half = Backlogs(settings_for(f"{redis_url} {AWAY}", settings.database_url))
    backlog, away = half.read()
    assert backlog.new == 2
    assert "127.0.0.1:1" in str(away)
    half.close()
    with pytest.raises(StreamUnavailable):
        Backlogs(settings_for(AWAY, settings.database_url)).read()


def test_pages_and_metrics_count_all_streams(settings: WorkerSettings) -> None:
    put_everywhere(settings, 2)
    views = ViewsSettings(redis_url=settings.redis_url, redis_shards=3)
    beat_alive(settings)
    state = read_stream(views)
    assert (state.waiting, state.emitted) == (6, 6)
    assert state.beat_seconds is not None
    with closing(Drainer(settings, "here/1")) as drainer:
        drainer.run(9)
    assert read_stream(views).totals["stored"] == 6


def test_what_waits_in_any_stream_is_not_missing(settings: WorkerSettings, engine: Engine) -> None:
    for number, shard in enumerate(shards_of(settings), 1):
        with connect(shard) as client:
            client.xadd(shard.key, {"e": encode(an_event(producer="web@1", seq=number))})
    now = datetime.now(UTC)
    report = reconcile_live(engine, settings, (now - timedelta(hours=1), now), verify=True)
    assert sum(line.number("waiting") for line in report.lines) == 3
    assert report.missing == 0


def test_an_erasure_waits_for_every_stream(settings: WorkerSettings) -> None:
    put_everywhere(settings, 1)
    with pytest.raises(Undrained):
        of_each_stream(settings, lambda client, key: wait_until_drained(client, key, 0.1))
    with closing(Drainer(settings, "here/1")) as drainer:
        drainer.run(9)
    of_each_stream(settings, lambda client, key: wait_until_drained(client, key, 0.1))


def test_a_full_server_is_relieved_while_another_is_away(
    settings: WorkerSettings, redis_url: str, database_url: str
) -> None:
    half = settings_for(f"{redis_url} {AWAY}", database_url, spool="off")
    with connect(redis_url) as client:
        Stream(client, STREAM, "here/1").make_group()
        put(client, *[an_event() for _ in range(5)])
        client.config_set("maxmemory", "1")
        try:
            relieve(half, "here/relief", seconds=5)
        finally:
            client.config_set("maxmemory", "0")
    assert len(stored_ids(database_url)) == 5


def test_status_doctor_and_reconcile_count_every_stream_and_drain_empties_them(
    settings: WorkerSettings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_everywhere(settings, 2)
    servers = {
        "REDIS_URL": settings.redis_url,
        "REDIS_SHARDS": "3",
        "DATABASE_URL": settings.database_url,
        "SPOOL": "off",
    }

    def answer(*command: str) -> Any:
        return json.loads(call(capsys, monkeypatch, *command, "--json", **servers).out)

    assert answer("status")["stream"]["waiting"] == 6
    findings = [each for each in answer("doctor")["findings"] if each["check"] == "Redis version"]
    assert len(findings) == 2  # one for each server, which it names
    assert all("trailkeeper:events" in each["found"] for each in findings)
    assert answer("reconcile")["stranded"] == 0
    assert answer("drain")["stored"] == 6
    assert answer("status")["stream"]["waiting"] == 0


@contextmanager
def silent_servers(number: int) -> Iterator[str]:
    """Servers that accept connections and never answer, as a setting names them."""
    with ExitStack() as closing:
        listening = [closing.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        yield " ".join(f"redis://127.0.0.1:{each.getsockname()[1]}/0" for each in listening)


@pytest.mark.parametrize(("servers", "shards"), [(2, 2), (6, 6), (1, 64), (3, 64)])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_however_many_streams_are_silent_an_event_is_spooled_within_its_budget(
    tmp_path: Path, servers: int, shards: int, *, asynchronous: bool
) -> None:
    with silent_servers(servers) as urls:
        given = ProducerSettings(
            redis_url=urls, redis_shards=shards, spool=str(tmp_path / "spool.sqlite"), on_invalid="raise"
        )
        sending = Emitter(given, catalogue=CATALOGUE)
        took = []
        for _ in range(3):
            began = time.monotonic()
            receipt = asyncio.run(sending.aemit(SPOOLED)) if asynchronous else sending.emit(SPOOLED)
            took.append(time.monotonic() - began)
            assert receipt.outcome == "spooled"
        sending.close()
    assert min(took) < BUDGET
    assert max(took) < BUDGET + BUSY_SECONDS / 4


def test_a_server_that_is_silent_delays_a_drain_of_the_others_once_and_then_seldom(
    settings: WorkerSettings, redis_url: str
) -> None:
    with silent_servers(1) as silent:
        half = settings_for(f"{redis_url} {silent}", settings.database_url, redis_shards=6, spool="off")
        with closing(Drainer(half, "here/1")) as drainer, connect(redis_url) as client:
            with pytest.raises(StreamUnavailable), within(IMPATIENT_SECONDS):
                drainer.run(9)
            put(client, an_event())
            with within(0.5):
                assert drainer.run(9).stored == 1


def test_what_is_asked_of_every_stream_waits_for_a_silent_server_once(redis_url: str) -> None:
    with silent_servers(1) as silent:
        asked = WorkerSettings(redis_url=f"{redis_url} {silent}", redis_shards=8)
        with pytest.raises(StreamUnavailable), within(IMPATIENT_SECONDS):
            of_each_stream(asked, lambda client, key: client.xlen(key))
