"""A user without a home folder, or with one that is not theirs: nothing fails, and somebody is told."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from tests.support.emitting import CATALOGUE
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.cli.doctor.of_spool import spooled
from trailkeeper.producer.settings import spool_path, spool_problem, state_folder

NOWHERE = "redis://127.0.0.1:1/0"
ADVICE = "set TRAILKEEPER_SPOOL"


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a container's uid that is in no file of users."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("TRAILKEEPER_SPOOL", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)


@pytest.fixture
def home_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a service with ``HOME=/``; whoever runs the tests may write anywhere, so nobody may here."""
    monkeypatch.setenv("HOME", "/")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("TRAILKEEPER_SPOOL", raising=False)
    monkeypatch.setattr(os, "access", lambda *_: False)


@pytest.mark.usefixtures("no_home")
def test_without_a_home_folder_emit_works_and_the_log_says_once_what_to_set(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert (state_folder(), spool_path(None), spool_path("~/a.sqlite")) == (None, None, None)
    emitter = Emitter(ProducerSettings(redis_url=NOWHERE), catalogue=CATALOGUE)
    assert [emitter.emit("account:login:success").outcome for _ in range(2)] == ["logged", "logged"]
    (told,) = [message for message in caplog.messages if message.startswith("no_spool")]
    assert "~/.local/state/trailkeeper/spool.sqlite cannot be made" in told
    assert ADVICE in told


@pytest.mark.usefixtures("home_of_another")
def test_where_the_spool_cannot_be_written_the_log_says_so_before_the_first_outage(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "trailkeeper"):
        Emitter(ProducerSettings(redis_url=NOWHERE), catalogue=CATALOGUE)
    (told,) = caplog.messages
    assert "/.local/state/trailkeeper/spool.sqlite cannot be made" in told
    assert ADVICE in told


@pytest.mark.parametrize("state", ["no_home", "home_of_another"])
def test_to_the_doctor_a_missing_spool_is_a_warning_and_never_ok(
    state: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(state)
    assert {finding.severity for finding in spooled()} == {"warning"}


def test_a_spool_that_is_off_or_has_its_place_is_no_problem(tmp_path: Path) -> None:
    assert spool_problem("off") is None
    assert spool_problem(str(tmp_path / "deep" / "spool.sqlite")) is None
