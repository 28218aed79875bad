"""What newcomers stumbled over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import call, is_one_line
from tests.unit.test_cli_asking import ASK
from tests.unit.test_cli_calls import NOBODY
from trailkeeper.cli.doctor.local import variables
from trailkeeper.cli.embedded.secret import token_secret
from trailkeeper.cli.errors import PROBLEM, WRONG_CALL, explain
from trailkeeper.cli.group import BROKEN_PIPE, INTERRUPTED
from trailkeeper.cli.settings import our_variables
from trailkeeper.models.errors import StoreMisconfigured
from trailkeeper.views import settings as views_settings


@pytest.mark.parametrize(
    ("tag", "option"),
    [
        ("account:login:success", "--user"),
        ("project:release:add", "--project"),
        ("organization:create", "--organization"),
    ],
)
def test_an_event_that_would_be_in_nobodys_history_is_refused_with_the_option_that_is_missing(
    tag: str, option: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "emit", tag, **NOBODY)
    assert (outcome.code, outcome.out, is_one_line(outcome.err)) == (2, "", True)
    assert f"expected {option} ID[=NAME]" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["history", "user"], "whose history? expected an ID: trailkeeper history user ID"),
        (["history", "all", "u1"], "`history all` takes no ID; expected none, not 'u1'"),
    ],
)
def test_a_history_of_nobody_is_asked_about_in_plain_words(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, *arguments, **NOBODY)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


def test_the_doctor_names_variables_that_are_no_settings_and_wrong_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in our_variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRAILKEEPER_DATABSE_URL", "x")
    monkeypatch.setenv("TRAILKEEPER_VIEWS_PORT", "70000")
    found = {finding.severity: finding for finding in variables()}
    assert found["warning"].found == "TRAILKEEPER_DATABSE_URL is no setting, and has no effect"
    assert found["warning"].advice == "did you mean TRAILKEEPER_DATABASE_URL?"
    assert "TRAILKEEPER_VIEWS_PORT is '70000'" in found["problem"].found
    assert "ok" not in found


@pytest.mark.parametrize("sqlstate", ["3F000", "42P01", "42703"])
def test_missing_tables_are_told_as_such_and_not_as_a_relation(sqlstate: str) -> None:
    explained = explain(StoreMisconfigured('relation "events" does not exist', sqlstate))
    assert explained is not None
    message, code = explained
    assert code == 1
    assert "lacks our tables, or some of this version: run `trailkeeper migrate`" in message


def test_serve_verifies_with_the_secret_that_token_signs_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    secret = token_secret(tmp_path)
    seen: list[str | None] = []

    def serve(options: object) -> int:
        seen.append(views_settings.settings().token_secret)
        return 0

    monkeypatch.setattr("trailkeeper.views.serve.serve", serve)
    monkeypatch.setenv("TRAILKEEPER_TOKEN_SECRET", "")  # restored afterwards
    views_settings.settings.cache_clear()
    outcome = call(capsys, monkeypatch, "serve", HOME=str(tmp_path))
    assert (outcome.code, seen) == (0, [secret])
    assert secret not in outcome.err
    own = "a secret of one's own, 32 characters"
    views_settings.settings.cache_clear()
    call(capsys, monkeypatch, "serve", HOME=str(tmp_path), TOKEN_SECRET=own)
    assert seen[1] == own
    views_settings.settings.cache_clear()


def test_the_spools_size_is_told_in_the_unit_of_its_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "spool", "status", SPOOL=str(tmp_path / "spool.sqlite"))
    assert "0.0 of 256 MiB (TRAILKEEPER_SPOOL_MAX_MB)" in outcome.out


def test_the_exit_codes_are_documented_and_those_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    table = page.partition("| exit code |")[2].partition("\n\n")[0]
    assert (PROBLEM, WRONG_CALL, INTERRUPTED, BROKEN_PIPE) == (1, 2, 130, 141)
    for code in ("| 0 |", f"| {PROBLEM} |", f"| {WRONG_CALL} |", f"| {INTERRUPTED}, {BROKEN_PIPE} |"):
        assert code in table
    said = page.partition("asks first: ")[2].partition("\n\n")[0]
    for name in ASK:
        assert all(word in said for word in name.split()[-1:]), name


@pytest.mark.parametrize("arguments", [("purge", "--dry-run"), ("worker",), ("beat",), ("serve",)])
def test_what_runs_for_long_or_removes_says_which_variable_has_no_effect(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.execv", lambda *_: None)
    monkeypatch.setattr("trailkeeper.views.serve.serve", lambda _: 0)
    outcome = call(capsys, monkeypatch, *arguments, **NOBODY, RETENTON_USER_DAYS="forever")
    assert (
        "warning: TRAILKEEPER_RETENTON_USER_DAYS is no setting, and has no effect; "
        "did you mean TRAILKEEPER_RETENTION_USER_DAYS?"
    ) in outcome.err
