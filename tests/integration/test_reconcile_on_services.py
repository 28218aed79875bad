"""Every numbered event is accounted for, and one that is not is named."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import redis
from msgspec.structs import replace
from sqlalchemy import Engine, text

from tests.support.backfills import run_to_end, start_replay
from tests.support.command import Outcome, call
from tests.support.drains import STREAM, an_event, put, query, settings_for
from tests.support.servers import serving, valkey
from trailkeeper import Actor, Emitter, EventNotRecorded, ProducerSettings
from trailkeeper.models.counting import gaps
from trailkeeper.models.counting.gaps import open_gaps
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.producer import catalogue
from trailkeeper.producer.event import Subject
from trailkeeper.producer.wire import encode
from trailkeeper.worker.backfills import Requests, Runner
from trailkeeper.worker.counting import Reconciliation, check
from trailkeeper.worker.counting.accepting import accept
from trailkeeper.worker.counting.reconcile import reconcile_live
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.retention import purge
from trailkeeper.worker.settings import WorkerSettings

SECONDS = 20.0
LOGIN = "account:login:success"
Run = Callable[..., Outcome]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str
) -> Run:
    return partial(call, capsys, monkeypatch, DATABASE_URL=database_url, REDIS_URL=redis_url, SPOOL="off")


@pytest.fixture
def settings(redis_url: str, database_url: str) -> WorkerSettings:
    return settings_for(redis_url, database_url, spool="off", gap_grace_seconds=0.001)


@pytest.fixture
def drainer(settings: WorkerSettings) -> Iterator[Drainer]:
    drainer = Drainer(settings, "here/1")
    yield drainer
    drainer.close()


@pytest.fixture
def emitter(redis_url: str) -> Iterator[Emitter]:
    emitter = Emitter(ProducerSettings(redis_url=redis_url, producer_name="shop", spool="off"))
    yield emitter
    emitter.close()


def emit(emitter: Emitter, times: int = 1) -> None:
    for _ in range(times):
        emitter.emit(LOGIN, user="u1")


def looked(engine: Engine, client: redis.Redis, settings: WorkerSettings) -> Reconciliation:
    now = datetime.now(UTC)
    return reconcile_live(engine, settings, (now - timedelta(hours=2), now), verify=True)


def test_what_is_stored_and_what_waits_adds_up(
    engine: Engine, client: redis.Redis, drainer: Drainer, emitter: Emitter, settings: WorkerSettings
) -> None:
    emit(emitter, 5)
    drainer.run(SECONDS)
    emit(emitter, 3)

    found = looked(engine, client, settings)

    assert sum(line.emitted for line in found.lines) == 8
    assert [sum(line.number(fate) for line in found.lines) for fate in ("stored", "waiting", "missing")] == [
        5,
        3,
        0,
    ]


def test_a_row_deleted_by_hand_is_named_exactly(
    engine: Engine, client: redis.Redis, drainer: Drainer, emitter: Emitter, settings: WorkerSettings
) -> None:
    emit(emitter, 9)
    drainer.run(SECONDS)
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM events WHERE sequence = 4"))

    found = looked(engine, client, settings)

    [line] = [line for line in found.lines if line.gone]
    assert line.producer.startswith("shop:")
    assert (line.deleted, line.missing, found.missing) == ([(4, 4)], [], 1)


def test_a_flushed_backlog_is_named_exactly(
    engine: Engine, client: redis.Redis, drainer: Drainer, emitter: Emitter, settings: WorkerSettings
) -> None:
    emit(emitter, 3)
    drainer.run(SECONDS)
    emit(emitter, 4)
    client.delete(STREAM)
    emit(emitter)
    drainer.run(SECONDS)

    found = looked(engine, client, settings)

    assert [line.missing for line in found.lines if line.missing] == [[(4, 7)]]


def test_a_backlog_that_was_seen_is_missed_even_if_nothing_comes_after_it(
    engine: Engine, client: redis.Redis, emitter: Emitter, settings: WorkerSettings
) -> None:
    emit(emitter, 4)
    check(settings)
    client.delete(STREAM)

    found = looked(engine, client, settings)

    assert [line.missing for line in found.lines] == [[(1, 4)]]


def test_of_one_id_in_two_scopes_each_event_reports_its_own_unused_numbers(
    client: redis.Redis, drainer: Drainer, database_url: str
) -> None:
    first = replace(an_event(), producer="shop:1", seq=1, voids=[5])
    other = replace(first, tag="project:create", project=Subject("p1"), seq=2, voids=[6])
    put(client, first)
    drainer.run(SECONDS)
    put(client, other, first)
    drainer.run(SECONDS)

    tallies = query(
        database_url, "SELECT CAST(sequences AS text) AS numbers FROM event_counts WHERE fate = 'unused'"
    )
    assert sorted(row["numbers"] for row in tallies) == ["{[5,6)}", "{[6,7)}"]


def test_a_refused_event_number_is_unused_and_not_missing(
    engine: Engine, client: redis.Redis, drainer: Drainer, redis_url: str, settings: WorkerSettings
) -> None:
    emitter = Emitter(ProducerSettings(redis_url=redis_url, spool="off", breaker_seconds=1e-9))
    emitter.emit(LOGIN, user="u1")
    client.config_set("maxmemory", "1")
    client.config_set("maxmemory-policy", "noeviction")
    try:
        with pytest.raises(EventNotRecorded):
            emitter.emit("admin:hold:add", additional={"reason": "x"})
    finally:
        client.config_set("maxmemory", "0")
    emitter.emit(LOGIN, user="u1")
    drainer.run(SECONDS)

    found = looked(engine, client, settings)

    assert {fate: numbers for line in found.lines for fate, numbers in line.fates.items()} == {
        "stored": [(1, 1), (3, 3)],
        "unused": [(2, 2)],
    }
    assert found.missing == 0


def test_a_required_event_whose_caller_got_no_answer_is_counted_once(
    services_folder: Path, engine: Engine, database_url: str
) -> None:
    """The caller was told that it may be recorded, and it is: its number is not unused as well."""
    with serving(valkey(services_folder / "stopped")) as server:
        settings = settings_for(server.url, database_url, spool="off")
        sending = Emitter(ProducerSettings(redis_url=server.url, spool="off", breaker_seconds=0.1))
        emit(sending)
        os.kill(server.pid, signal.SIGSTOP)
        with pytest.raises(EventNotRecorded, match="may have been recorded"):
            sending.emit("project:delete", project="p1", actor=Actor("user", "u1"))
        os.kill(server.pid, signal.SIGCONT)
        emit(sending)
        with closing(Drainer(settings, "here/1")) as drainer:
            drainer.run(2)
        now = datetime.now(UTC)
        found = reconcile_live(engine, settings, (now - timedelta(hours=2), now), verify=True)

    assert _fates(found) == {"stored": 3}


def test_a_dead_letter_is_accounted_for_and_counts_as_stored_once_it_is_replayed(
    engine: Engine, client: redis.Redis, drainer: Drainer, settings: WorkerSettings
) -> None:
    put(client, _numbered("no:such:tag", 1))
    put(client, _numbered(LOGIN, 2))
    drainer.run(SECONDS)
    before = looked(engine, client, settings)

    [letter] = query(settings.database_url, "SELECT id FROM dead_letters")
    _discard(settings, letter["id"])
    after = looked(engine, client, settings)

    assert _fates(before) == {"dead": 1, "stored": 1}
    assert _fates(after) == {"discarded": 1, "stored": 1}


def test_a_replayed_letter_counts_as_stored(
    engine: Engine, client: redis.Redis, drainer: Drainer, settings: WorkerSettings, tmp_path: Path
) -> None:
    put(client, _numbered("shop:till:open", 1))
    drainer.run(SECONDS)
    assert _fates(looked(engine, client, settings)) == {"dead": 1}

    file = tmp_path / "shop.toml"
    file.write_text('[events."shop:till:open"]\nscope = "system"\nsentence = "{actor} opened a till"\n')
    runner = Runner(replace(settings, catalogue=(str(file),)))
    run_to_end(runner, start_replay(engine))
    runner.close()

    assert _fates(looked(engine, client, settings)) == {"stored": 1}


def test_purged_events_are_accounted_for(
    engine: Engine, client: redis.Redis, drainer: Drainer, settings: WorkerSettings
) -> None:
    now = datetime.now(UTC)
    moments = [now - timedelta(days=days) for days in (360, 95, 89, 0)]
    for number, moment in enumerate(moments, start=1):
        put(client, encode(an_event(moment, producer="elsewhere:1", seq=number)))
    drainer.run(SECONDS)

    purge(replace(settings, retention_user_days=90), now)

    span = (now - timedelta(days=401), now)
    found = reconcile_live(engine, settings, span, verify=True)
    assert _fates(found) == {"purged": 2, "stored": 2}
    assert found.missing == 0


def test_an_imported_line_of_the_log_closes_its_gap(  # noqa: PLR0917 - fixtures
    engine: Engine, client: redis.Redis, drainer: Drainer, settings: WorkerSettings, tmp_path: Path, run: Run
) -> None:
    put(client, _numbered(LOGIN, 2))
    drainer.run(SECONDS)
    assert looked(engine, client, settings).missing == 1
    file = tmp_path / "found.jsonl"
    file.write_bytes(_numbered(LOGIN, 1) + b"\n")

    assert run("backfill", "import", "--yes", str(file), "--here").code == 0

    assert _fates(looked(engine, client, settings)) == {"stored": 2}


def test_an_event_delivered_twice_is_counted_once(
    engine: Engine, client: redis.Redis, drainer: Drainer, settings: WorkerSettings
) -> None:
    raw = _numbered(LOGIN, 1)
    for _ in range(2):
        put(client, raw)
        drainer.run(SECONDS)

    assert query(settings.database_url, "SELECT fate FROM event_counts") == [{"fate": "stored"}]
    assert _fates(looked(engine, client, settings)) == {"stored": 1}


def test_a_gap_is_told_once_and_its_end_as_well(
    engine: Engine, client: redis.Redis, drainer: Drainer, settings: WorkerSettings
) -> None:
    lost = _numbered(LOGIN, 1)
    put(client, _numbered(LOGIN, 2))
    drainer.run(SECONDS)
    assert [
        gap.numbers
        for gap in [*check(settings).reported, *check(settings).reported, *check(settings).reported]
    ] == [[(1, 1)]]

    put(client, lost)
    drainer.run(SECONDS)
    ended = check(settings).ended

    assert [gap.numbers for gap in ended] == [[(1, 1)]]
    told = query(
        settings.database_url, "SELECT tag, additional FROM events WHERE scope = 'system' ORDER BY id"
    )
    assert [row["tag"] for row in told] == ["system:gap:report", "system:gap:close"]
    assert told[0]["additional"]["producer"] == "elsewhere:1"
    assert told[0]["additional"]["numbers"] == "1"


def test_one_look_opens_and_reports_a_bounded_number_of_gaps_and_the_next_ones_go_on(
    drainer: Drainer,
    client: redis.Redis,
    settings: WorkerSettings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(gaps, "AT_ONCE", 4)
    put(client, *(an_event(producer=f"x\n\x1b[2J{number}", seq=2) for number in range(10)))
    drainer.run(SECONDS)
    reported = [len(check(settings).reported) for _ in range(5)]
    assert max(reported) == 4
    assert sum(reported) == 10
    said = [record.getMessage() for record in caplog.records if "system:gap:report" in record.getMessage()]
    assert len(said) == 10
    assert all(line.isprintable() for line in said)


def test_what_is_given_up_is_lost_and_alarms_nobody_any_more(
    engine: Engine, client: redis.Redis, drainer: Drainer, settings: WorkerSettings
) -> None:
    put(client, _numbered(LOGIN, 2))
    put(client, _numbered(LOGIN, 3))
    drainer.run(SECONDS)
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM events WHERE sequence = 3"))
    check(settings)
    found = looked(engine, client, settings)
    with transaction(engine) as connection:
        assert accept(connection, catalogue.load(), found, "disk of web-1 broke", "ada") == 2

    check(settings)

    assert _fates(looked(engine, client, settings)) == {"stored": 1, "lost": 2}
    with transaction(engine) as connection:
        assert open_gaps(connection) == []


def test_the_command_tells_by_its_exit_code_whether_something_is_missing(
    client: redis.Redis, drainer: Drainer, settings: WorkerSettings, run: Run
) -> None:
    put(client, _numbered(LOGIN, 1))
    drainer.run(SECONDS)
    clean = run("reconcile")
    query(settings.database_url, "DELETE FROM events WHERE sequence = 1")
    broken, told = run("reconcile"), run("reconcile", "--json")
    ledger_only = run("reconcile", "--no-verify")

    assert (clean.code, broken.code, told.code, ledger_only.code) == (0, 1, 1, 0)
    assert "elsewhere:1" in broken.out
    assert ": 1: stored, and removed from the table" in broken.out
    document = json.loads(told.out)
    assert (document["emitted"], document["stored"], document["missing"]) == (1, 0, 1)
    assert document["producers"][0]["deleted_numbers"] == [[1, 1]]


def test_the_command_gives_missing_events_up_when_told_why(
    client: redis.Redis, drainer: Drainer, run: Run
) -> None:
    put(client, _numbered(LOGIN, 2))
    drainer.run(SECONDS)

    codes = [run("reconcile", *more).code for more in ([], ["--accept", "the disk broke", "--yes"], [])]

    assert codes == [1, 0, 0]


def _numbered(tag: str, number: int) -> bytes:
    return encode(an_event(tag=tag, producer="elsewhere:1", seq=number))


def _fates(found: Reconciliation) -> dict[str, int]:
    fates = {fate for line in found.lines for fate in line.fates}
    counts = {fate: sum(line.number(fate) for line in found.lines) for fate in fates}
    return {fate: count for fate, count in counts.items() if count} | (
        {"missing": found.missing} if found.missing else {}
    )


def _discard(settings: WorkerSettings, identity: int) -> None:
    engine = make_engine(settings.database_url, application_name="test")
    with transaction(engine) as connection:
        Requests(connection, catalogue.load(), "ada").discard([identity], "of no use")
    engine.dispose()
