"""The purge removes what is past its retention, all of it and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import Engine, text

from tests.support import rows
from tests.support.drains import query
from trailkeeper.models.errors import StoreMisconfigured
from trailkeeper.models.locks import PURGING
from trailkeeper.worker import clocks
from trailkeeper.worker.retention import Busy, plan, purge, purging, scrub, scrub_plan
from trailkeeper.worker.settings import WorkerSettings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def store(
    engine: Engine, days_ago: float, scope: str = "user", tag: str = "account:login:success", n: int = 1
) -> None:
    moments = [NOW - timedelta(days=days_ago, seconds=number) for number in range(n)]
    rows.store(engine, *(rows.event_row(moment, scope=scope, tag=tag) for moment in moments))


def count(engine: Engine) -> int:
    """How many events are stored, without those that tell of purges."""
    with engine.connect() as connection:
        return int(
            connection.execute(text("SELECT count(*) FROM events WHERE scope <> 'system'")).scalar_one()
        )


@pytest.fixture
def settings(database_url: str) -> WorkerSettings:
    return WorkerSettings(database_url=database_url, retention_user_days=90)


def test_user_events_past_their_time_go_and_the_others_stay(engine: Engine, settings: WorkerSettings) -> None:
    for days_ago in (400, 300, 91, 90.001, 89.9, 0):
        store(engine, days_ago)

    removed = purge(settings, NOW)

    assert sum(removal.events for removal in removed) == 4
    assert count(engine) == 2


@pytest.mark.parametrize("job", [plan, purge, scrub, scrub_plan])
def test_a_machine_whose_clock_differs_from_postgres_purges_and_scrubs_nothing(
    engine: Engine, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch, job: Callable[..., Any]
) -> None:
    rows.store(engine, rows.event_row(datetime.now(UTC)))
    for years in (9, -9):
        ahead = datetime.now(UTC) + timedelta(days=365 * years)
        monkeypatch.setattr(clocks, "datetime", Mock(wraps=datetime, now=lambda _, moment=ahead: moment))
        with pytest.raises(StoreMisconfigured, match="set the wrong one"):
            job(settings)
    assert count(engine) == 1
    assert query(settings.database_url, "SELECT * FROM purges") == []


def test_project_events_are_kept_for_ever(engine: Engine, settings: WorkerSettings) -> None:
    store(engine, 5_000, scope="project", tag="project:create")

    assert purge(settings, NOW) == []
    assert count(engine) == 1


def test_a_month_that_is_over_is_dropped_whole(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    store(engine, 300, n=7)

    removed = purge(settings, NOW)

    assert [(removal.partition, removal.events, removal.whole) for removal in removed if removal.events] == [
        ("events_user_2026_01", 7, True)
    ]
    assert query(database_url, "SELECT to_regclass('events_user_2026_01') AS name") == [{"name": None}]


def test_the_edge_is_deleted_in_batches(
    engine: Engine, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH", 10)
    store(engine, 92, n=35)
    store(engine, 80)

    removed = purge(settings, NOW)

    assert [(removal.events, removal.whole) for removal in removed] == [(35, False)]
    assert count(engine) == 1


def test_a_tag_with_a_longer_retention_outlives_its_month(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    catalogue = tmp_path / "own.toml"
    catalogue.write_text(
        '[events."bank:transfer:sign"]\nscope = "user"\nsentence = "x"\nretention_days = 3650\n'
    )
    settings = WorkerSettings(database_url=database_url, retention_user_days=90, catalogue=(str(catalogue),))
    store(engine, 300, n=3)
    store(engine, 300.5, tag="bank:transfer:sign", n=2)

    purge(settings, NOW)

    assert query(database_url, "SELECT DISTINCT tag FROM events WHERE scope = 'user'") == [
        {"tag": "bank:transfer:sign"}
    ]
    assert count(engine) == 2


def test_a_tag_with_a_shorter_retention_goes_first(engine: Engine, database_url: str, tmp_path: Path) -> None:
    catalogue = tmp_path / "own.toml"
    catalogue.write_text('[events."page:view:done"]\nscope = "project"\nsentence = "x"\nretention_days = 7\n')
    settings = WorkerSettings(database_url=database_url, catalogue=(str(catalogue),))
    store(engine, 8, scope="project", tag="page:view:done", n=4)
    store(engine, 6, scope="project", tag="page:view:done")
    store(engine, 900, scope="project", tag="project:create")

    purge(settings, NOW)

    assert count(engine) == 2


def test_a_plan_says_what_would_go_and_changes_nothing(engine: Engine, settings: WorkerSettings) -> None:
    store(engine, 300, n=7)
    store(engine, 92, n=2)

    planned = plan(settings, NOW)

    assert {(removal.partition, removal.events, removal.whole) for removal in planned if removal.events} == {
        ("events_user_2026_01", 7, True),
        ("events_user_2026_08", 2, False),
    }
    assert count(engine) == 9


def test_each_purge_leaves_a_record(engine: Engine, settings: WorkerSettings, database_url: str) -> None:
    store(engine, 300, n=7)
    purge(settings, NOW)
    purge(settings, NOW)  # finds nothing, so it leaves none

    [record] = query(database_url, "SELECT * FROM purges")
    assert (record["scope"], record["tag"], record["retention_days"]) == ("user", None, 90)
    assert (record["partitions"], record["events"]) == (1, 7)
    assert record["before"] == NOW - timedelta(days=90)


def test_two_purges_never_run_at_once(engine: Engine, settings: WorkerSettings) -> None:
    with engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": PURGING})
        with pytest.raises(Busy, match="another purge is running"):
            purge(settings, NOW)
        other.rollback()
        other.invalidate()

    assert purge(settings, NOW) == []
