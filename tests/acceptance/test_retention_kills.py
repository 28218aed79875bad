"""A worker is killed in the middle of a purge or a scrub; the next one finishes it, and its record."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.drains import query
from tests.support.stacks import pool_of, running
from tests.support.waiting import until
from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.models.engine import make_engine
from trailkeeper.models.partitions import ensure, period_of

NOW = datetime.now(UTC)
EVENTS = 120_000
MIDDLE_OF_MONTH = (NOW - timedelta(days=45)).replace(day=20, hour=0, minute=0, second=0, microsecond=0)
KEPT_DAYS = (NOW - MIDDLE_OF_MONTH).days
"""So that all events of one month are to be deleted, and its partition is not to be dropped."""

INSERT = """
    INSERT INTO events (id, occurred_at, scope, tag, user_id, actor_kind, ip)
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7000' || '8000'
            || lpad(to_hex(n), 12, '0'))::uuid, moment, :scope, :tag, 'u' || n % 100, 'user', '198.51.100.23'
      FROM generate_series(1, :count) AS n, LATERAL (SELECT CAST(:at AS timestamptz) AS moment) AS m
"""


@pytest.fixture(scope="module")
def stack(services_folder: Path) -> Iterator[Stack]:
    home = services_folder / "retention"
    ages = {"RETENTION_USER_DAYS": str(KEPT_DAYS), "SCRUB_ADDRESS_DAYS": "100"}
    with running(home, {f"TRAILKEEPER_{name}": value for name, value in ages.items()}) as stack:
        yield stack


def fill(stack: Stack, scope: str, tag: str, at: datetime) -> None:
    engine = make_engine(stack.database_url, application_name="test", statement_timeout_ms=120_000)
    ensure(engine, {period_of(scope, at)})
    engine.dispose()
    query(stack.database_url, INSERT, scope=scope, tag=tag, at=at, count=EVENTS)


def send(stack: Stack, task: str) -> None:
    """Have a worker do it, as beat has."""
    code = f"from trailkeeper.worker.tasks import {task}; {task}.delay()"
    environment = {"TRAILKEEPER_REDIS_URL": stack.redis_url, "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)


def kill_in_the_middle(stack: Stack, task: str, record: Callable[[], list[Any]]) -> int:
    """Kill the pool process that does it; returns how many events it had come to."""
    send(stack, task)
    until(lambda: any(row["events"] > 0 for row in record()), 60, f"the {task} is under way")
    for process in pool_of(stack):
        process.kill()
    [row] = record()
    assert row["finished_at"] is None
    assert 0 < row["events"] < EVENTS
    return int(row["events"])


def finish(stack: Stack, task: str, record: Callable[[], list[Any]]) -> None:
    def is_finished() -> bool:
        return all(row["finished_at"] is not None for row in record())

    until(lambda: bool(pool_of(stack)), 60, "there is a pool again")
    send(stack, task)
    until(is_finished, 120, f"the {task} is finished")


def test_a_purge_whose_worker_is_killed_is_finished_by_the_next(stack: Stack) -> None:
    fill(stack, "user", "account:logout", MIDDLE_OF_MONTH - timedelta(days=5))

    def record() -> list[Any]:
        return query(stack.database_url, "SELECT events, finished_at FROM purges WHERE scope = 'user'")

    killed_at = kill_in_the_middle(stack, "purge", record)
    finish(stack, "purge", record)

    assert [row["events"] for row in record()] == [EVENTS]
    assert killed_at < EVENTS
    assert query(stack.database_url, "SELECT count(*) AS n FROM events WHERE scope = 'user'") == [{"n": 0}]
    told = query(stack.database_url, "SELECT additional FROM events WHERE tag = 'system:purge:finish'")
    assert [row["additional"]["events"] for row in told] == [EVENTS]


def test_a_scrub_whose_worker_is_killed_is_finished_by_the_next(stack: Stack) -> None:
    fill(stack, "project", "project:create", NOW - timedelta(days=500))

    def record() -> list[Any]:
        return query(stack.database_url, "SELECT events, finished_at FROM scrubs WHERE step = 'address'")

    kill_in_the_middle(stack, "scrub", record)
    finish(stack, "scrub", record)

    assert [row["events"] for row in record()] == [EVENTS]
    found = query(
        stack.database_url,
        "SELECT ip, array_length(scrubbed_by, 1) AS times, count(*) AS n FROM events"
        " WHERE scope = 'project' GROUP BY 1, 2",
    )
    assert [dict(row) for row in found] == [{"ip": "198.51.100.0/24", "times": 1, "n": EVENTS}]
    told = query(stack.database_url, "SELECT additional FROM events WHERE tag = 'system:scrub:finish'")
    assert [row["additional"]["events"] for row in told] == [EVENTS]
