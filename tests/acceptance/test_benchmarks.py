"""The benchmarks run as a process: what they end with, and what they refuse. Figures are not judged here."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SECONDS = 60


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m tests.benchmarks` with some arguments."""
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_what_was_asked_for_is_measured_and_ends_as_one_line_of_json() -> None:
    done = bench("--tiny", "--json", "--only", "emit", "--only", "limits")
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    found = json.loads(line)
    assert found["emit_us"] > 0
    assert found["emit_vs_round_trip"] > 0
    assert found["send_task_vs_emit"] == pytest.approx(found["send_task_us"] / found["emit_us"], rel=0.01)
    assert found["fsync_us"] > 0
    assert "latency_ms" not in found


def test_what_an_outage_costs_is_measured() -> None:
    done = bench("--tiny", "--json", "--only", "spool")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name in ("spooled_emit_us", "spooled_emit_normal_us", "outage_emit_us", "spool_fsync_us"):
        assert 0 < found[name]["p50"] <= found[name]["p99"]


def test_what_a_waiting_event_takes_is_measured() -> None:
    done = bench("--tiny", "--json", "--only", "sizing")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["payload_bytes"] > 100
    # of so few events, what the server frees meanwhile may outweigh a part of them: no order among the two
    assert 100 < found["redis_bytes_per_event"] < 5_000
    assert 100 < found["redis_bytes_per_event_in_hand"] < 5_000
    assert 100 < found["spool_bytes_per_event"] < 5_000


def test_a_table_shows_each_figure_beside_its_peer_and_target() -> None:
    done = bench("--tiny", "--only", "drain-parts", "--only", "emit")
    assert done.returncode == 0, done.stderr
    assert "emit ÷ PING" in done.stdout
    assert "≤ 1.3" in done.stdout
    assert "Postgres: COPY" in done.stdout


@pytest.mark.parametrize("arguments", [["--only", "nothing"], ["--only"], ["--fast"], ["emit"]])
def test_wrong_arguments_end_with_2_and_say_what_was_expected(arguments: list[str]) -> None:
    done = bench(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "usage:" in done.stderr
