"""Help is quick: it loads nothing of what the commands work with."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from tests.support.command import call, is_one_line
from tests.unit.test_cli_asking import every_command
from tests.unit.test_cli_calls import NOBODY
from trailkeeper.cli.group import trailkeeper
from trailkeeper.cli.registry import COMMANDS

HEAVY = (
    "sqlalchemy celery kombu redis hiredis psycopg2 alembic fastapi starlette uvicorn rich maxminddb jwt"
    " cryptography psutil flask"
)
PROGRAM = """
import contextlib, io, sys
from trailkeeper.cli.group import run
with contextlib.redirect_stdout(io.StringIO()) as out:
    assert run([*sys.argv[2:], "--help"]) == 0
assert out.getvalue().startswith("Usage: trailkeeper")
print(*sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[1].split())))
"""
GROUPS = [
    name
    for name in COMMANDS
    if isinstance(trailkeeper.get_command(click.Context(trailkeeper), name), click.Group)
]


@pytest.mark.parametrize("name", ["", *COMMANDS, "backfill enrich", "dead-letters replay"])
def test_help_loads_no_library_that_only_the_command_needs(name: str) -> None:
    line = [sys.executable, "-c", PROGRAM, HEAVY, *name.split()]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


def test_help_fits_a_terminal_of_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name, _ in every_command():
        outcome = call(capsys, monkeypatch, *name.split(), "--help")
        assert outcome.code == 0
        assert max(map(len, outcome.out.splitlines())) <= 80, name


MISSPELT = [
    (["histroy", "all"], "no such command: 'histroy'; did you mean 'history'?"),
    (["dead-leters", "list"], "did you mean 'dead-letters'?"),
    (["backfil"], "did you mean 'backfill'?"),
    (["frobnicate"], "expected one of: up, demo, "),
    (["backfill", "enrihc"], "did you mean 'enrich'?"),
    (["hold", "remove"], "expected one of: add, list, release"),
    (["spool", "stauts"], "did you mean 'status'?"),
    (["history", "all", "--sinse", "24h"], "'--since'"),
    (["history", "all", "--contry", "de"], "'--country'"),
    (["history", "usr", "1"], "'usr' is not one of 'user'"),
    (["backfill", "enrich", "--scope", "usr"], "'usr' is not one of 'user'"),
    (["emit", "acount:login:success"], "such as account:login:success"),
]


@pytest.mark.parametrize(
    ("arguments", "hint"), MISSPELT, ids=lambda value: value if isinstance(value, str) else None
)
def test_whoever_misspells_gets_a_hint(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert hint in outcome.err
    assert is_one_line(outcome.err)


def test_a_tag_that_no_catalogue_knows_is_asked_for_all_the_same_with_a_hint(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be events from before it was renamed."""
    hint = "no event type is called 'acount:login:success'; did you mean account:login:success?"
    for arguments in (
        ["--tag", "acount:login:success"],
        ["--tag", "account:login:*", "--tag", "acount:login:success"],
    ):
        outcome = call(capsys, monkeypatch, "history", "all", *arguments, **NOBODY)
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.startswith(f"{hint}\n")
    outcome = call(capsys, monkeypatch, "history", "all", "--tag", "acount:*", **NOBODY)
    assert outcome.err.startswith("no event type begins with 'acount:'; ")
    outcome = call(capsys, monkeypatch, "history", "all", "--tag", "account:login:*", **NOBODY)
    assert "event type" not in outcome.err
