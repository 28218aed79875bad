"""`trailkeeper worker` and `trailkeeper beat`: Celery's commands, with what was typed and a few defaults."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from celery.bin.beat import beat
from celery.bin.worker import worker

from tests.support.command import call


class _BecameCeleryError(Exception):
    """Instead of another program in the place of the tests."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command line that would have been executed."""
    lines: list[str] = []

    def execute(program: str, line: list[str]) -> None:
        assert program == sys.executable
        lines.extend(line)
        raise _BecameCeleryError

    monkeypatch.setattr(os, "execv", execute)
    return lines


def options_of(command: str, started: list[str]) -> list[str]:
    """What Celery's command gets."""
    assert started[: 6 + 1] == [sys.executable, "-P", "-m", "celery", "-A", "trailkeeper.worker", command]
    return started[7:]


def test_a_worker_takes_every_queue_unless_told_otherwise(
    started: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call(capsys, monkeypatch, "worker", "-c", "2")
    context = worker.make_context("worker", options_of("worker", started), resilient_parsing=True)
    assert context.params["queues"] == ["ingest", "maintenance", "backfill"]
    assert context.params["concurrency"] == 2


@pytest.mark.parametrize("given", [["-Q", "ingest"], ["-Qingest"], ["--queues=ingest"]], ids=" ".join)
def test_a_given_queue_replaces_the_default(
    given: list[str], started: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call(capsys, monkeypatch, "worker", *given)
    context = worker.make_context("worker", options_of("worker", started), resilient_parsing=True)
    assert context.params["queues"] == ["ingest"]


@pytest.mark.parametrize("given", [["-h"], ["-lINFO", "--help"], ["--help"]], ids=" ".join)
def test_every_option_after_two_dashes_reaches_celery(
    given: list[str], started: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call(capsys, monkeypatch, "worker", "--", *given)
    assert options_of("worker", started)[2:] == given


def test_the_schedule_is_in_the_state_folder_unless_told_otherwise(
    started: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    call(capsys, monkeypatch, "beat")
    assert options_of("beat", started) == ["-s", str(tmp_path / "state" / "trailkeeper" / "beat-schedule")]
    assert (tmp_path / "state" / "trailkeeper").is_dir()
    started.clear()
    call(capsys, monkeypatch, "beat", "--schedule", "elsewhere")
    context = beat.make_context("beat", options_of("beat", started), resilient_parsing=True)
    assert context.params["schedule"] == "elsewhere"


def test_without_a_state_folder_beat_falls_back_to_the_default_of_celery(
    started: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    call(capsys, monkeypatch, "beat")
    assert options_of("beat", started) == []


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_a_wrong_setting_is_told_in_one_line_before_celery_starts(
    command: str,
    started: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = call(capsys, monkeypatch, command, BATCH_SIZE="many")
    assert (outcome.code, started) == (2, [])
    assert "TRAILKEEPER_BATCH_SIZE" in outcome.err


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_the_help_says_where_the_options_of_celery_are(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, command, "--help")
    assert f"`trailkeeper {command} -- --help` lists" in " ".join(outcome.out.split())
