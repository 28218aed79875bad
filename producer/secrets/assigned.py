"""Secrets by the name in front of them: in a URL's query, a DSN, a cookie, a command, JSON within a text.

The heads, name and equals sign, are found first; only behind the name of a secret a value is read, and the
search goes on after it; an ordinary one, within which there may be secrets, is short. So each letter is read
a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .forms import CODED, random
from .ordinary import counts_tests, is_ordinary
from .randomness import is_user_and_password
from .values import place
from .versions import version_at
from .words import may_name_assigned, names_assigned, names_counted, names_secret

_HEAD = re.compile(
    r"""(?<![\w.])(?P<name>[^\W\d][\w.-]{0,63}+)(?P<quote>\\{0,16}["'])?\]?
        (?:[ \t+]{0,8}+=>?(?!=)[ \t]{0,8}+
          |==(?![=\s"'`\\])
          |(?(quote)[\s+]{0,64}+:[\s+]{0,64}+(?P<json>(?=[-\d\[{("'`\\]|[bBrRuUfF]{1,2}["']))|(?!)))
    """,
    re.VERBOSE,
)
"""A name and what joins it to its value; a colon does so only behind a name in quotes, and two equals signs
only where they do not compare.
"""

_NUMBER = re.compile(r"-?[\d.][\w.+-]*")
_RANDOM = re.compile(rf"""["'\\]{{0,16}}(?:{random(3, CODED, "16,")}|[0-9]{{13,19}}(?!\w))""", re.ASCII)
_CODED = re.compile(r"""["'\\]{0,16}([A-Za-z0-9+/]{6,1024}={0,2})(?![\w.-])""")
_COUNT = re.compile(r"[0-9]{1,9}(?![\w%.-])")


def may_be_assigned(text: str) -> bool:
    """Whether a text may hold a name with a value: a quick check that is enough for nearly all."""
    return "=" in text or (":" in text and ('"' in text or "'" in text))


def assigned_in(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each value behind the name of a secret."""
    done = 0
    for head in _HEAD.finditer(text):
        if head.start() < done or not _tells(head["name"], text, head.end()):
            continue
        if version := version_at(head["name"], text, head.end()):
            done = version
            continue
        start, end = _place(head, text)
        if not is_ordinary(head["name"], text[start:end]):
            yield start, end
            done = end


def _tells(name: str, text: str, start: int) -> bool:
    """Whether a name is a secret's: some are only if the value is no count, or looks random."""
    if names_assigned(name):
        is_secret = names_secret(name) and not names_counted(name) and not counts_tests(name, text, start)
        return is_secret or not _COUNT.match(text, start)
    return may_name_assigned(name) and _looks_random(text, start)


def _looks_random(text: str, start: int) -> bool:
    coded = _CODED.match(text, start)
    return bool(_RANDOM.match(text, start) or (coded and is_user_and_password(coded[1])))


def _place(head: re.Match[str], text: str) -> tuple[int, int]:
    """Start and end of a value, without its quotes."""
    start = head.end()
    if head["json"] is not None and (number := _NUMBER.match(text, start)):
        return number.span()
    return place(text, start)
