"""Running chunks: who may, when, and what becomes of a backfill that stands still, fails or is stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.support.backfills import (
    ADMIN,
    CATALOGUE,
    a_line,
    counts,
    run_to_end,
    standing,
    start_enrich,
    start_import,
    write_lines,
)
from tests.support.drains import an_event, put, query, settings_for
from tests.support.waiting import until
from trailkeeper.models.backfills.jobs import wait_for
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.producer.wire import encode
from trailkeeper.worker.backfills import Requests, Runner, importing, stalled_backfills
from trailkeeper.worker.backfills import runner as running
from trailkeeper.worker.settings import WorkerSettings


@pytest.fixture
def settings(redis_url: str, database_url: str) -> WorkerSettings:
    return settings_for(redis_url, database_url, batch_size=10)


@pytest.fixture
def runner(settings: WorkerSettings) -> Iterator[Runner]:
    runner = Runner(settings)
    yield runner
    runner.close()


@pytest.fixture
def job(runner: Runner, tmp_path: Path) -> int:
    path = write_lines(tmp_path / "f", (a_line(number) for number in range(20)))
    return start_import(runner.engine, path).id


def silent_for(database_url: str, seconds: int) -> None:
    query(database_url, f"UPDATE backfills SET due_at = now() - interval '{seconds} seconds'")


def change(runner: Runner, identity: int, action: str) -> None:
    with transaction(runner.engine) as connection:
        Requests(connection, CATALOGUE, ADMIN).change(identity, action)


def test_a_backfill_that_was_never_begun_is_roused(
    runner: Runner, settings: WorkerSettings, job: int, database_url: str
) -> None:
    assert stalled_backfills(settings) == []
    silent_for(database_url, 30)

    assert stalled_backfills(settings) == [job]
    assert runner.step(job, after_silence=True).state == "running"
    assert stalled_backfills(settings) == []


@pytest.mark.parametrize("action", ["pause", "cancel"])
def test_one_that_was_stopped_is_neither_roused_nor_run(
    action: str, runner: Runner, settings: WorkerSettings, job: int, database_url: str
) -> None:
    change(runner, job, action)
    silent_for(database_url, 30)

    assert stalled_backfills(settings) == []
    assert not runner.step(job).mine
    assert standing(runner.engine, job).seen == 0


def test_one_that_was_resumed_goes_on(runner: Runner, job: int) -> None:
    change(runner, job, "pause")
    change(runner, job, "resume")

    assert counts(run_to_end(runner, job)) == ("finished", 20, 20, 0, 0)


def test_a_chunk_that_is_not_due_is_not_begun_by_a_second_message(runner: Runner) -> None:
    start_enrich(runner.engine)  # an event of itself
    later = time.time() + 0.005  # an event of this very millisecond is not before the next backfill
    until(lambda: time.time() > later, what="its millisecond is over")
    identity = start_enrich(runner.engine, throttle=1, scope="system")
    first = runner.step(identity)

    again = runner.step(identity)

    assert (first.mine, first.seen) == (True, 1)
    assert again.mine is False
    assert 0.0 < again.seconds <= 1.0


def test_while_many_events_wait_a_backfill_does(
    runner: Runner, job: int, client: redis.Redis, database_url: str
) -> None:
    put(client, *(encode(an_event()) for _ in range(101)))

    step = runner.step(job)

    assert (step.mine, step.seen, step.seconds) == (True, 0, running.YIELD_SECONDS)
    assert standing(runner.engine, job).detail == "waits for ingestion"
    client.flushall()
    silent_for(database_url, 0)
    assert counts(run_to_end(runner, job)) == ("finished", 20, 20, 0, 0)
    assert standing(runner.engine, job).detail is None


def test_one_whose_every_chunk_dies_fails_in_the_end_and_says_so(
    runner: Runner, job: int, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "next_block", dying)
    for _ in range(running.ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            runner.step(job, after_silence=True)

    assert runner.step(job, after_silence=True).state == "failed"
    found = standing(runner.engine, job)
    assert (found.state, found.detail) == ("failed", "10 chunks were begun here and did not end")


def test_one_whose_chunks_wait_for_postgres_goes_on_however_often_that_was(
    runner: Runner, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waiting(*_: Any) -> None:
        raise StoreUnavailable("canceling statement due to lock timeout", "55P03")

    with monkeypatch.context() as patched:
        patched.setattr(importing, "next_block", waiting)
        for _ in range(2 * running.ATTEMPTS):
            with pytest.raises(StoreUnavailable):
                runner.step(job, after_silence=True)
    assert standing(runner.engine, job).attempts == 0
    assert runner.step(job, after_silence=True).state == "running"


def test_an_error_of_ours_fails_it_and_after_a_fix_it_goes_on_where_it_was(
    runner: Runner, job: int, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(importing, "next_block", lambda *_: 1 // 0)
        assert runner.step(job).state == "failed"
    found = standing(runner.engine, job)
    assert (found.state, found.detail) == ("failed", "ZeroDivisionError: integer division or modulo by zero")
    assert found.finished_at is not None

    change(runner, job, "resume")

    assert counts(run_to_end(runner, job)) == ("finished", 20, 20, 0, 0)
    ends = query(
        database_url, "SELECT additional FROM events WHERE tag = 'system:backfill:finish' ORDER BY id"
    )
    assert [end["additional"]["state"] for end in ends] == ["failed", "finished"]


def test_an_outage_changes_nothing_and_is_no_failure(
    runner: Runner, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(importing, "next_block", away)
        with pytest.raises(StoreUnavailable):
            runner.step(job)

    assert standing(runner.engine, job).state == "running"
    assert counts(run_to_end(runner, job)) == ("finished", 20, 20, 0, 0)


def test_a_backfill_that_is_not_there_is_not_run(runner: Runner) -> None:
    assert runner.step(999).state == "missing"


def test_stopping_waits_for_the_chunk_under_way(runner: Runner, job: int) -> None:
    with transaction(runner.engine) as connection:
        assert wait_for(connection, job) is not None

        assert runner.step(job).state == "unknown"
