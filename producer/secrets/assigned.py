"""Secrets by the name in front of them: in a URL's query, a DSN, a cookie, a command, JSON within a text.

The heads, name and equals sign, are found first; only behind the name of a secret a value is read, and the
search goes on after it. So each letter is read a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .fingerprint import MARK
from .forms import CODED, random
from .values import MARKED, place
from .words import may_name_assigned, names_assigned, names_counted, names_secret

_HEAD = re.compile(
    r"""(?:(?<![\w.])|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2}))
        (?P<name>[A-Za-z_][\w.-]{0,63}+)
        (?:(?P<encoded>%(?:25){0,2}3[Dd])
          |(?P<quote>\\{0,16}["'])?(?:\]|%5[Dd])?
           (?:[ \t]{0,8}+={1,3}>?[ \t]{0,8}+
             |(?(quote)\s{0,64}+:\s{0,64}+(?P<json>(?=[-\d\[{("'`\\]|[bBrRuUfF]{1,2}["']))|(?!))))
    """,
    re.VERBOSE | re.ASCII,
)
"""A name and what joins it to its value; a colon does so only behind a name in quotes."""

_ENCODED = re.compile(rf"""(?:{MARKED}|(?!%(?:25){{0,2}}(?:2[236]|27))[^\s&"'<>;,])+""")
_NUMBER = re.compile(r"-?[\d.][\w.+-]*")
_RANDOM = re.compile(rf"""["'\\]{{0,16}}(?:{random(3, CODED, "16,")}|[0-9]{{13,19}}(?!\w))""", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}(?![\w%.-])")
_NO_SECRET = frozenset({"", "null", "true", "false", "None", "True", "False"})


def may_be_assigned(text: str) -> bool:
    """Whether a text may hold a name with a value: a quick check that is enough for nearly all."""
    if "=" in text or "%" in text or "\\u002" in text:
        return True
    return ":" in text and ('"' in text or "'" in text or "&" in text)  # or &quot; which stands for one


def without_assigned(text: str, mark: Callable[[str], str]) -> str:
    """*text* with a mark for each value behind the name of a secret."""
    parts: list[str] = []
    done = 0
    for head in _HEAD.finditer(text):
        if head.start() < done or not _tells(head["name"], text, head.end()):
            continue
        start, end = _place(head, text)
        secret = text[start:end]
        if secret not in _NO_SECRET and not MARK.fullmatch(secret):
            parts += (text[done:start], mark(secret))
            done = end
    return "".join([*parts, text[done:]]) if parts else text


def _tells(name: str, text: str, start: int) -> bool:
    """Whether a name is a secret's: some are only if the value is no count, or looks random."""
    if names_assigned(name):
        is_secret = names_secret(name) and not names_counted(name)
        return is_secret or not _COUNT.match(text, start)
    return may_name_assigned(name) and bool(_RANDOM.match(text, start))


def _place(head: re.Match[str], text: str) -> tuple[int, int]:
    """Start and end of a value, without its quotes."""
    start = head.end()
    if head["encoded"]:
        value = _ENCODED.match(text, start)
        return value.span() if value else (start, start)
    if head["json"] is not None and (number := _NUMBER.match(text, start)):
        return number.span()
    return place(text, start)
