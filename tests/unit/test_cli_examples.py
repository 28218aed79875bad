"""Every command line that the documents and the command itself print can be typed as it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from trailkeeper.cli.demo.count import Latency, Totals
from trailkeeper.cli.demo.source import FileSource, TrafficSource
from trailkeeper.cli.demo.summary import print_summary
from trailkeeper.cli.group import trailkeeper
from trailkeeper.examples.package_index.clients.program import NAMES, PROJECTS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
LINE = re.compile(r"^ *(?:\$ )?(?:\.venv/bin/)?trailkeeper ([^#\n]*)", re.MULTILINE)
QUOTED = re.compile(r"`trailkeeper ([^`]+)`")
PLACEHOLDERS = re.compile(r"\[|…|·|\.\.\.")


def examples() -> list[str]:
    found = [
        text for page in PAGES for pattern in (LINE, QUOTED) for text in pattern.findall(page.read_text())
    ]
    return sorted({text.strip() for text in found if not PLACEHOLDERS.search(text)})


def parse(arguments: list[str]) -> None:
    """Read a command line down to its last subcommand, and run nothing."""
    group: click.Command = trailkeeper
    while isinstance(group, click.Group):
        context = click.Context(group, info_name="trailkeeper")
        if not arguments:
            return
        name, command, arguments = group.resolve_command(context, arguments)
        assert command is not None, name
        group = command
    if "--help" not in arguments:
        group.make_context(group.name, [_value(each) for each in arguments])


def _value(word: str) -> str:
    return {"ID": "7", "LINE": "1", "ID…": "7"}.get(word, word)


@pytest.mark.parametrize("line", examples())
def test_a_line_of_the_documents_can_be_typed(line: str) -> None:
    words = shlex.split(line)
    if "--" in words or words[0] in {"worker", "beat", "serve"}:
        return  # the rest is Celery's or uvicorn's
    try:
        parse(words)
    except (click.MissingParameter, click.BadOptionUsage):
        # in a sentence a command is named without what it needs; its options have to exist all the same
        assert len(words) <= 3


def test_there_are_such_lines() -> None:
    assert len(examples()) > 40


def test_the_demo_names_histories_that_its_people_always_leave(capsys: pytest.CaptureFixture[str]) -> None:
    project, user = TrafficSource.names
    assert (project, user) == (PROJECTS[0], NAMES[0])
    totals = Totals(3, 3, 1, 0, 0, 3, 3, 1.0, Latency(None, None))
    print_summary(totals, "home", TrafficSource.names)
    out = capsys.readouterr().out
    assert f"  trailkeeper history project {project}" in out
    assert f"  trailkeeper history user {user}" in out
    assert "1 of them, by an earlier run" in out
    print_summary(totals, "home", FileSource.names)
    assert "history project" not in capsys.readouterr().out
