"""What is replaced wherever text is shown, and what is not: one set for pages, sentences and terminals."""

from __future__ import annotations

import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.cli.output import safe
from trailkeeper.producer.catalogue import render
from trailkeeper.producer.deceptive import DECEPTIVE, is_plain, is_visible, plain_text
from trailkeeper.producer.validation import harmless
from trailkeeper.views.pages import words

ROOT = Path(__file__).parents[2]
NAMES = (
    "山田\u3000太郎",  # the space between a Japanese family name and a given one
    "علی\u200cرضا",  # noqa: RUF001 - Persian, with a joiner that keeps letters apart
    "श्री\u200d",
    "👩\u200d👩\u200d👧",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # the flag of Scotland
    "❤\ufe0f",
    "עברית\u200f!",
    "Zoë\u00a0O\u2019Neil",
    "co\u00adoperate",
    "\ue000",
)
PLACES: dict[str, Callable[[str], str]] = {
    "sentence": lambda text: render("{actor}", {"actor": text}),
    "page": words.plain,
    "payload": words.value,
    "terminal": safe,
    "user agent": harmless,
}


@pytest.mark.parametrize("show", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_is_shown_as_it_is_written(show: Callable[[str], str], name: str) -> None:
    assert show(f"x {name}") in {f"x {name}", f"X {name}"}


@pytest.mark.parametrize("show", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize(
    "deceptive", ["\n", "\r", "\x1b[2J", "\x00", "\x85", "\u2028", "\u202e", "\u2066", "\u202a"], ids=ascii
)
def test_what_ends_a_line_steers_a_terminal_or_turns_the_direction_is_not_shown(
    show: Callable[[str], str], deceptive: str
) -> None:
    assert deceptive[0] not in show(f"x{deceptive}y")


@given(st.text(st.characters(), max_size=50))
def test_only_deceptive_characters_are_replaced_and_all_of_them(text: str) -> None:
    plain = plain_text(text)
    assert is_plain(plain)
    assert len(plain) == len(text)
    assert all(new == old or not is_plain(old) for new, old in zip(plain, text, strict=True))
    assert is_plain(text) == (plain == text)


def test_the_set_is_of_controls_and_marks_and_holds_no_letter_sign_or_space() -> None:
    kinds = {unicodedata.category(chr(code)) for code in range(0x110000) if DECEPTIVE.match(chr(code))}
    assert kinds == {"Cc", "Cf", "Cs", "Zl", "Zp"}
    every_control = {
        chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Cc", "Cs", "Zl", "Zp"}
    }
    assert all(DECEPTIVE.match(letter) for letter in every_control)


def test_no_other_place_decides_what_is_safe_to_show() -> None:
    found = subprocess.run(
        ["git", "grep", "-l", "isprintable", "--", "*.py", ":!tests"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode > 1:
        pytest.skip("no checkout of git")
    # the second decides whether an id is text in base64
    assert set(found.stdout.split()) <= {"producer/deceptive.py", "producer/secrets/randomness.py"}


@pytest.mark.parametrize(
    "text", ["a", " a", "\u0645", "\U0001f468\u200d\U0001f469", "e\u0301", "1", "=", "\u20ac"]
)
def test_what_has_ink_is_visible(text: str) -> None:
    assert is_visible(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u200b",
        "\u115f\u3164",
        "\U000e0041\U000e0042",
        "\u00ad",
        "\u2800",
        "\u0300",
        "\u00a0",
        "\x07",
    ],
)
def test_what_has_none_is_not(text: str) -> None:
    assert not is_visible(text)
