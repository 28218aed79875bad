"""What starts work or removes something asks first, or is told --yes."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import click
import pytest

from tests.support.command import call, is_one_line
from tests.unit.test_cli_calls import NOBODY
from trailkeeper.cli.group import trailkeeper
from trailkeeper.cli.registry import COMMANDS

ASK = {
    "backfill cancel": ["7"],
    "backfill dead-letters": [],
    "backfill enrich": [],
    "backfill import": ["events.jsonl"],
    "backfill resume": ["7"],
    "dead-letters discard": ["7", "--reason", "rubbish"],
    "dead-letters replay": [],
    "erase user": ["u-1"],
    "hold release": ["7"],
    "purge": [],
    "reconcile": ["--accept", "the disk broke"],
    "retention collect": [],
    "scrub": [],
}
"""Commands that ask, with arguments with which they would do it."""
DO_NOT = {
    "backfill list": "reads",
    "backfill pause": "changes nothing that `resume` does not undo",
    "backfill show": "reads",
    "beat": "runs until a signal",
    "config": "reads",
    "dead-letters list": "reads",
    "dead-letters show": "reads",
    "demo": "has a data folder of its own",
    "doctor": "reads",
    "drain": "does what workers do all the time",
    "emit": "adds one event, which is all that is typed for",
    "history": "reads",
    "hold add": "keeps, and is undone by `hold release`",
    "hold list": "reads",
    "migrate": "runs again without effect, and from several machines at once",
    "retention show": "reads",
    "size": "reads nothing",
    "serve": "runs until a signal",
    "spool flush": "does what applications do all the time",
    "spool status": "reads",
    "status": "reads",
    "token": "prints a token that expires",
    "up": "runs until a signal",
    "worker": "runs until a signal",
}
"""Commands that do not ask, and why."""


class Terminal(io.StringIO):
    """Standard input of somebody who types."""

    def isatty(self) -> bool:
        return True


def every_command() -> Iterator[tuple[str, click.Command]]:
    """All of them by name, those of groups too."""
    for name in COMMANDS:
        command = trailkeeper.get_command(click.Context(trailkeeper), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"{name} {each}", command.commands[each]) for each in command.commands)
        else:
            yield name, command


def has_yes(command: click.Command) -> bool:
    return any("--yes" in parameter.opts for parameter in command.params)


def test_of_every_command_it_is_decided_whether_it_asks() -> None:
    assert {name: has_yes(command) for name, command in every_command()} == {
        **dict.fromkeys(ASK, True),
        **dict.fromkeys(DO_NOT, False),
    }


@pytest.mark.parametrize("name", ASK)
def test_without_a_terminal_it_wants_yes_and_does_nothing(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    outcome = call(capsys, monkeypatch, *name.split(), *ASK[name], **NOBODY)
    assert (outcome.code, outcome.out) == (2, "")
    assert "--yes, as there is no terminal to ask at: " in outcome.err
    assert is_one_line(outcome.err)


@pytest.mark.parametrize("name", ASK)
@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_whoever_does_not_say_yes_changes_nothing(
    name: str, answer: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    outcome = call(capsys, monkeypatch, *name.split(), *ASK[name], **NOBODY)
    assert (outcome.code, outcome.out) == (1, "")
    assert " [y/N]: " in outcome.err
    assert outcome.err.endswith("trailkeeper: nothing was changed\n")


@pytest.mark.parametrize("how", ["--yes", "y"])
@pytest.mark.parametrize("name", sorted(ASK.keys() - {"backfill import"}))
def test_with_yes_it_begins(
    name: str, how: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So far that it misses the servers."""
    monkeypatch.setattr(sys, "stdin", Terminal("y\n") if how == "y" else io.StringIO())
    more = ["--yes"] if how == "--yes" else []
    outcome = call(capsys, monkeypatch, *name.split(), *ASK[name], *more, **NOBODY)
    assert outcome.code == 1
    assert "does not answer" in outcome.err


def test_what_only_looks_does_not_ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for arguments in (
        ["purge", "--dry-run"],
        ["scrub", "--dry-run"],
        ["backfill", "enrich", "--dry-run"],
        ["reconcile"],
    ):
        outcome = call(capsys, monkeypatch, *arguments, **NOBODY)
        assert outcome.code == 1
        assert "does not answer" in outcome.err


def test_both_at_once_are_a_mistake(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "purge", "--dry-run", "--yes", **NOBODY)
    assert outcome.code == 2
    assert "expected either --dry-run or --yes" in outcome.err
