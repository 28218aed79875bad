"""Backfills in a real stack while pool processes and the command are killed: the totals add up exactly."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.backfills import a_line, write_lines
from tests.support.drains import query
from tests.support.stacks import pool_of, running
from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.producer.settings import PREFIX

LINES = 20_000
BAD_EVERY = 500
SECONDS = 180.0
MOST_KILLS = 12


@pytest.fixture(scope="module")
def stack(services_folder: Path) -> Iterator[Stack]:
    with running(services_folder / "backfills") as stack:
        yield stack


@pytest.fixture
def command(stack: Stack) -> Callable[..., subprocess.Popen[str]]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    servers = {f"{PREFIX}REDIS_URL": stack.redis_url, f"{PREFIX}DATABASE_URL": stack.database_url}

    def start(*arguments: str) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", "trailkeeper.cli.main", *arguments]
        return subprocess.Popen(
            line, env=own | servers, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start


def backfills(stack: Stack) -> list[Any]:
    return query(stack.database_url, "SELECT * FROM backfills ORDER BY id")


def kill_until(stack: Stack, is_done: Callable[[], bool], choice: random.Random) -> int:
    """Kill pool processes, and once the worker itself, until something is so; returns how many."""
    kills, deadline = 0, time.monotonic() + SECONDS
    while not is_done():
        assert time.monotonic() < deadline, backfills(stack)
        victims = pool_of(stack) if kills < MOST_KILLS else []
        if victims and kills == MOST_KILLS // 2:
            victims = [psutil.Process(stack.worker_pid)]
        for victim in victims[:1]:
            victim.kill()
            kills += 1
        time.sleep(choice.uniform(0.2, 0.8))  # the interval of the kills, not a wait for anything
    return kills


def test_an_import_and_an_enrichment_under_kills_add_up_exactly(
    stack: Stack, command: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    choice = random.Random(11)
    path = write_lines(
        tmp_path / "old.jsonl",
        (a_line(number) if number % BAD_EVERY else "bad" for number in range(LINES)),
    )
    bad = LINES // BAD_EVERY

    for _ in range(3):  # the command dies while it reads
        reading = command("backfill", "import", "--yes", str(path))
        time.sleep(choice.uniform(0.6, 2.0))
        reading.kill()
        reading.communicate()
    reading = command("backfill", "import", "--yes", str(path), "--wait", "--json")
    kills = kill_until(stack, lambda: reading.poll() is not None, choice)
    out, err = reading.communicate()

    ended = json.loads(out.splitlines()[-1])
    assert reading.returncode == 0, err
    assert kills > 0
    assert (ended["seen"], ended["changed"] + ended["skipped"], ended["rejected"]) == (
        LINES,
        LINES - bad,
        bad,
    )
    [total] = query(stack.database_url, "SELECT count(*) AS n FROM events WHERE imported_by IS NOT NULL")
    [letters] = query(stack.database_url, "SELECT count(*) AS n FROM dead_letters")
    assert (total["n"], letters["n"]) == (LINES - bad, bad)
    assert query(stack.database_url, "SELECT 1 FROM backfill_blocks") == []

    query(stack.database_url, "UPDATE events SET location_id = NULL WHERE imported_by IS NOT NULL")
    asking = command("backfill", "enrich", "--yes", "--scope", "user")
    identity = int(asking.communicate()[0].removeprefix("backfill "))
    kill_until(stack, lambda: backfills(stack)[-1]["state"] != "running", choice)

    [done] = [job for job in backfills(stack) if job["id"] == identity]
    [missing] = query(
        stack.database_url,
        "SELECT count(*) AS n FROM events WHERE imported_by IS NOT NULL AND location_id IS NULL",
    )
    assert (done["state"], done["changed"], missing["n"]) == ("finished", LINES - bad, 0)
    finishes = query(stack.database_url, "SELECT 1 FROM events WHERE tag = 'system:backfill:finish'")
    assert len(finishes) == len([job for job in backfills(stack) if job["state"] == "finished"])


def test_a_worker_begins_at_once_and_a_throttle_holds(
    stack: Stack, command: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "f", (a_line(number, user="slow") for number in range(100)))

    began = time.monotonic()
    done = command("backfill", "import", "--yes", str(path), "--wait", "--json")
    out, err = done.communicate(timeout=60)
    fast = time.monotonic() - began
    slow = command(
        "backfill", "enrich", "--yes", "--all", "--user", "slow", "--throttle", "40", "--wait", "--json"
    )
    began = time.monotonic()
    throttled, _ = slow.communicate(timeout=60)

    assert done.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["changed"] == 100
    assert fast < 8  # what beat alone would take
    ended = json.loads(throttled.splitlines()[-1])
    assert (ended["state"], ended["seen"]) == ("finished", 100)
    assert time.monotonic() - began > 2  # a hundred at forty a second, the last without a pause
