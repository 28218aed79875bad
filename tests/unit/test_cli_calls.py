"""Wrong calls and missing services: one line that helps, the right exit code, never a traceback."""

from __future__ import annotations

import click
import pytest

from tests.support.command import call, is_one_line
from trailkeeper.cli.group import run, trailkeeper
from trailkeeper.cli.registry import COMMANDS

NOBODY = {
    "REDIS_URL": "redis://:hunter2@127.0.0.1:1/0",
    "DATABASE_URL": "postgresql+psycopg2://joe:hunter2@127.0.0.1:1/x",
}

WRONG = [
    ["no-such-command"],
    ["up", "--concurrency", "0"],
    ["up", "--concurrency", "many"],
    ["up", "extra"],
    ["migrate", "extra"],
    ["config", "--jsn"],
    ["status", "--watch"],
    ["doctor", "extra"],
    ["history"],
    ["history", "planet", "1"],
    ["history", "user"],
    ["history", "all", "u1"],
    ["history", "user", ""],
    ["history", "all", "--since", "last Tuesday"],
    ["history", "all", "--since", "2026-02-02", "--until", "2026-01-01"],
    ["history", "all", "--tag", "Not A Tag"],
    ["history", "all", "--address", "999.1.1.1"],
    ["history", "all", "--country", "Germany"],
    ["history", "all", "--asn", "Cloudflare"],
    ["history", "all", "--before", "17"],
    ["history", "all", "--limit", "0"],
    ["history", "all", "--format", "yaml"],
    ["dead-letters", "list", "--reason", "bad_luck"],
    ["dead-letters", "show", "first"],
    ["dead-letters", "show", "99999999999999999999999"],
    ["purge", "--dry"],
    ["drain", "--seconds", "-1"],
    ["drain", "--seconds", "nan"],
    ["drain", "--seconds", "1e999"],
    ["erase", "user", "u1", "--yes", "--wait", "nan"],
    ["spool", "flush", "--wait", "nan"],
]

NEED_POSTGRES = [
    ["migrate"],
    ["history", "all"],
    ["history", "user", "u1", "--format", "json"],
    ["dead-letters", "list"],
    ["dead-letters", "show", "1"],
    ["purge", "--yes"],
    ["purge", "--dry-run"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_wrong_argument_is_told_in_one_line_and_exits_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, *arguments, **NOBODY)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("trailkeeper: ")
    assert is_one_line(outcome.err)


@pytest.mark.parametrize("arguments", NEED_POSTGRES, ids=" ".join)
def test_a_missing_postgres_is_named_with_place_and_remedy(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, *arguments, **NOBODY)
    assert outcome.code == 1
    assert is_one_line(outcome.err)
    assert "Postgres at postgresql+psycopg2://joe:***@127.0.0.1:1/x (TRAILKEEPER_DATABASE_URL)" in outcome.err
    assert "trailkeeper up" in outcome.err
    assert "hunter2" not in outcome.out + outcome.err


def test_a_missing_redis_is_named_with_place_and_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "drain", **NOBODY)
    assert outcome.code == 1
    assert is_one_line(outcome.err)
    assert "Redis at redis://:***@127.0.0.1:1/0 (TRAILKEEPER_REDIS_URL) does not answer" in outcome.err
    assert "trailkeeper up" in outcome.err


@pytest.mark.parametrize(
    "arguments", [["migrate"], ["history", "all"], ["purge", "--yes"], ["drain"]], ids=" ".join
)
@pytest.mark.parametrize("url", ["nonsense", "mysql://host/x", "postgres://joe:hunter2@host/x", ""])
def test_a_wrong_database_url_names_the_variable_and_hides_the_password(
    arguments: list[str], url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, *arguments, **{**NOBODY, "DATABASE_URL": url})
    assert outcome.code == 2
    assert is_one_line(outcome.err)
    assert "TRAILKEEPER_DATABASE_URL" in outcome.err
    assert "hunter2" not in outcome.err


def test_a_wrong_redis_url_names_the_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "drain", **{**NOBODY, "REDIS_URL": "http://host"})
    assert outcome.code == 2
    assert is_one_line(outcome.err)
    assert "TRAILKEEPER_REDIS_URL" in outcome.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_help_with_the_summary_it_gives_of_itself(name: str) -> None:
    group = trailkeeper
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert (command.name, command.get_short_help_str(200)) == (name, COMMANDS[name].removesuffix(".") + ".")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    words = capsys.readouterr().out.split()
    assert set(COMMANDS) <= set(words)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: trailkeeper {name}")


def test_ctrl_c_ends_quietly(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("trailkeeper.cli.commands.config.all_settings", interrupt)
    outcome = call(capsys, monkeypatch, "config")
    assert (outcome.code, outcome.out, outcome.err.strip()) == (130, "", "")


def test_an_error_nobody_expected_is_one_line_and_exits_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise LookupError("a\nb\x1b[2J")

    monkeypatch.setattr("trailkeeper.cli.commands.config.all_settings", fail)
    outcome = call(capsys, monkeypatch, "config")
    assert (outcome.code, outcome.out) == (1, "")
    assert (
        outcome.err
        == "trailkeeper: unexpected LookupError: a\\x0ab\\x1b[2J (TRAILKEEPER_DEBUG=1 shows where)\n"
    )


@pytest.mark.parametrize("wrong", [["--by", "x\udcff"], ["--by=\udcff"], ["\udcff"]])
def test_what_is_not_utf_8_is_refused_in_one_line(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["hold", "add", "user", "7", "--reason", "x", *wrong]) == 2
    error = capsys.readouterr().err
    assert "is not UTF-8" in error
    assert error.count("\n") == 1
