"""Secrets by their form, wherever they stand in a text.

docs/security.md says how many of each are found, and how many ordinary texts are taken for one.
"""

from __future__ import annotations

import re
from functools import cache

from .forms import LONG, WORDS
from .urls import IN_URL

SHORTEST = 10
"""Characters; no secret that is recognised by its form is shorter."""

LONG_WORD = 16
"""Letters and digits in a row, without which a form that has no words of its own is not there."""

_LETTERS = bytes(code if code < 128 and chr(code).isalnum() else ord(" ") for code in range(256))  # noqa: PLR2004 - ASCII
_WORDS = frozenset(word.encode() for words, _ in WORDS.values() for word in words.split())


def may_hold_known(text: str) -> bool:
    """Whether a text may hold one of these forms: a quick check that is enough for nearly all."""
    # as bytes: four times as fast as the same with text, and as any expression
    words = text.encode("utf-8", "replace").translate(_LETTERS).split()
    if not _WORDS.isdisjoint(words):
        return True
    for word in words:
        if len(word) >= LONG_WORD:
            return True
    # divided by hyphens and the like, these may have no long word
    return (
        "eyJ" in text
        or "AIza" in text
        or ":AA" in text
        or "EAAA" in text
        or "Q~" in text
        or ("@" in text and ("://" in text or ":\\" in text))
    )


@cache
def known() -> re.Pattern[str]:
    """Compiled when it is first needed, as that takes as long as the rest of the import."""
    at_a_start = "|".join([*(form for _, form in WORDS.values()), *LONG.values()])
    return re.compile(f"(?<![A-Za-z0-9])(?:{at_a_start})|{IN_URL}", re.ASCII)
