"""Event data is written by strangers; a terminal must not obey it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper import InvalidEvent
from trailkeeper.cli.commands.emit import _object
from trailkeeper.cli.output import print_json, print_table, safe
from trailkeeper.cli.times import duration
from trailkeeper.producer.deceptive import DECEPTIVE


@given(st.text())
def test_what_is_printed_holds_nothing_that_steers_a_terminal(text: str) -> None:
    assert not DECEPTIVE.search(safe(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("a\nb\tc", "a\\x0ab\\x09c"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202edef", "abc\\u202edef"),
        ("Zürich 東京 👩‍🔬", "Zürich 東京 👩‍🔬"),
    ],
)
def test_steering_characters_are_shown_and_others_left_alone(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize("text", ["\x1b[31m", "\x9b2J", "\u202e", "line\nbreak", "Zürich", '"quoted"'])
def test_json_says_the_same_without_steering(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_json({text: text})
    printed = capsys.readouterr().out.removesuffix("\n")
    assert json.loads(printed) == {text: text}
    assert not DECEPTIVE.search(printed)


def test_a_table_shows_markup_as_text_and_nothing_as_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a", "b"], [["[red]x[/red]", None], ["\x1b[2J:smile:", 0]])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["a", "b"], ["[red]x[/red]", "-"], ["\\x1b[2J:smile:", "0"]]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0.0 s"), (59, "59.0 s"), (90, "1.5 min"), (5400, "1.5 h"), (172_800, "2.0 d")],
)
def test_a_duration_is_told_in_its_largest_unit(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_a_command_without_standard_output_ends_as_it_would_with_one() -> None:
    command = f"{sys.executable} -m trailkeeper.cli.main --version >&-"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("command", ["config", "--version", "--help"])
def test_a_standard_output_that_is_full_is_named_in_one_line(command: str) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "trailkeeper.cli.main", command],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr == "trailkeeper: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}'])
def test_of_two_equal_keys_in_a_payload_none_is_lost_in_silence(text: str) -> None:
    with pytest.raises(InvalidEvent, match="is there twice"):
        _object(text)
