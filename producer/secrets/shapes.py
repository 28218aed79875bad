"""Secrets by their form, wherever they stand in a text.

docs/security.md says how many of each are found, and how many ordinary texts are taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from .encoded import SIGNS
from .forms import ANYWHERE, BASIC, BASIC_WORDS, LONG, WORDS
from .randomness import is_user_and_password

SHORTEST = 10
"""Characters; no secret that is recognised by its form is shorter."""

LONG_WORD = 16
"""Letters and digits in a row, without which a form that has no words of its own is not there."""

_SPACE, _ESCAPE = b" \n"
_LETTERS = bytes(
    code if code < 128 and chr(code).isalnum() else _ESCAPE if code in SIGNS else _SPACE  # noqa: PLR2004 - ASCII
    for code in range(256)
)
"""Letters and digits as they are, what begins an escape as a line's end, and everything else as a space."""

_WORDS = frozenset(
    word.encode() for words, _ in (*WORDS.values(), (BASIC_WORDS, "")) for word in words.split()
)


def may_hold_known(text: str, or_escapes: bool = False) -> bool:
    """Whether a text may hold one of these forms: a quick check that is enough for nearly all.

    Args:
        text: any.
        or_escapes: also whether it may hold an escape, behind which there may be more.
    """
    # as bytes: four times as fast as the same with text, and as any expression
    letters = text.encode("utf-8", "replace").translate(_LETTERS)
    if or_escapes and _ESCAPE in letters:
        return True
    words = letters.split()
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
        or "GR1348941" in text
        or ("@" in text and "://" in text)
    )


def known_in(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each secret of one of these forms."""
    known, basic = _patterns()
    for found in known.finditer(text):
        yield found.span(found.lastgroup or 0)
    for found in basic.finditer(text) if "asic" in text or "ASIC" in text else ():
        if is_user_and_password(found[1]):
            yield found.span()


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compiled when they are first needed, as that takes as long as the rest of the import."""
    at_a_start = "|".join([*(form for _, form in WORDS.values()), *LONG.values()])
    known = re.compile(f"(?<![A-Za-z0-9])(?:{at_a_start})|{ANYWHERE}", re.ASCII)
    return known, re.compile(f"(?<![A-Za-z0-9]){BASIC}", re.ASCII)
