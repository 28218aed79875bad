"""Numbers of things read as people write them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from trailkeeper.producer.counted import counted

ROOT = Path(__file__).parents[2]
BY_HAND = re.compile(
    r"""if \w+ == 1 else "s"|'s' if|"s" if|\{len\(\w+\)(:,)?\} (events|files|lines|rows|messages)"""
)


@pytest.mark.parametrize(
    ("amount", "words", "expected"),
    [
        (1, ("event",), "1 event"),
        (0, ("warning",), "0 warnings"),
        (2, ("warning",), "2 warnings"),
        (2_000, ("dead letter",), "2,000 dead letters"),
        (1, ("address", "addresses"), "1 address"),
        (3, ("event is", "events are"), "3 events are"),
    ],
)
def test_a_number_of_things_has_the_right_plural(amount: int, words: tuple[str, ...], expected: str) -> None:
    assert counted(amount, *words) == expected


def test_no_message_makes_a_plural_by_itself() -> None:
    found = subprocess.run(
        ["git", "ls-files", "cli/*.py", "views/*.py", "worker/*.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode:
        pytest.skip("no checkout of git")
    files = [ROOT / name for name in found.stdout.split()]
    assert [file.name for file in files if BY_HAND.search(file.read_text(encoding="utf-8"))] == []
