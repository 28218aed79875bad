"""The commands an operator types, against a running stack."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.up import Up
from tests.support.waiting import until
from trailkeeper.producer.settings import PREFIX


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    folder = Path(tempfile.mkdtemp(prefix="tk-"))
    with Up(folder / "home", "--json") as up:
        found = up.addresses()
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        names = ("redis_url", "database_url")
        yield own | {PREFIX + name.upper(): found[name] for name in names}
        up.end()
    shutil.rmtree(folder)


@pytest.fixture
def command(environment: dict[str, str]) -> Any:
    def run(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "trailkeeper.cli.main", *arguments]
        return subprocess.run(
            line, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
        )

    return run


def test_an_event_emitted_by_hand_is_in_the_history_of_its_user(command: Any) -> None:
    done = command(
        *("emit", "account:login:success", "--user", "u7=joe", "--actor", "user:u7=joe"),
        *("--ip", "81.2.69.142", "--user-agent", "Mozilla/5.0 (X11; Ubuntu) Firefox/130.0", "--json"),
    )
    assert done.returncode == 0, done.stderr
    emitted = json.loads(done.stdout)
    assert emitted["outcome"] == "stream"
    line = until(lambda: command("history", "user", "u7", "--format", "json").stdout)
    event = json.loads(line)
    assert (event["id"], event["ip"]) == (emitted["id"], "81.2.69.142")
    assert (event["user"], event["actor"]["name"]) == ({"id": "u7", "name": "joe"}, "joe")
    assert event["location"]["country_code"] == "GB"


def test_doctor_finds_nothing_wrong_with_a_running_stack(command: Any) -> None:
    # beat's first sign of life comes a quarter of a minute after its start
    done = until(lambda: (found := command("doctor", "--json")).returncode == 0 and found, 60)
    findings = json.loads(done.stdout)["findings"]
    assert {finding["check"] for finding in findings if finding["severity"] == "problem"} == set()
    assert {"workers for ingest", "workers for maintenance", "beat", "schema"} <= {
        f["check"] for f in findings
    }


def test_status_names_the_worker_and_its_queues(command: Any) -> None:
    found = json.loads(command("status", "--json").stdout)
    assert found["workers"]["answering"] == 1
    assert list(found["workers"]["queues"].values()) == [["backfill", "ingest", "maintenance"]]


def test_a_reader_that_goes_away_is_no_error(command: Any) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = command("config", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["emit", "account:login:succes"], "account:login:success"),
        (["emit", "account:login:success", "--additional", "[]"], "additional"),
        (["emit", "account:login:success", "--additional", "{"], "additional"),
        (["emit", "account:login:success", "--actor", "robot:1"], "actor"),
        (["emit", "account:login:success", "--user", "u1", "--ip", "1.2.3"], "ip"),
        (["emit", "account:login:success", "--user", "u1", "--occurred-at", "1999-01-01"], "occurred_at"),
    ],
)
def test_a_wrong_event_is_told_in_one_line(arguments: list[str], word: str, command: Any) -> None:
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_event_that_neither_redis_nor_a_spool_takes_is_in_the_log_and_exits_1() -> None:
    environment = {
        **os.environ,
        "TRAILKEEPER_REDIS_URL": "redis://127.0.0.1:1/0",
        "TRAILKEEPER_SPOOL": "off",
    }
    line = [
        sys.executable,
        "-m",
        "trailkeeper.cli.main",
        "emit",
        "account:login:success",
        "--user",
        "u1",
        "--json",
    ]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    identity = json.loads(done.stdout)["id"]
    assert identity in done.stderr
    assert "Traceback" not in done.stderr
