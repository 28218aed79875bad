"""How a value is written behind its name: in quotes of any kind, in brackets, or without either."""

from __future__ import annotations

import re

from .fingerprint import MARK

MARKED = MARK.pattern.replace(" ", "[ ]")
"""A mark that was put there before, in a verbose expression."""

_PREFIX = "[bBrRuUfFN$@8]{1,3}"
"""Of Python, C#, SQL and shells."""

_QUOTED = r"""(?:(?P<one>["'`])(?P<body>(?s:(?:\\.|(?P=one){2}|(?!(?P=one))[^\\])*+))(?:(?P=one)|\\?\Z)
    |(?P<many>\\{1,16}["'])(?P<inner>(?s:.*?))(?:(?<!\\)(?P=many)|\Z))"""
_TYPED = "“[^”]*+”?|„[^“”]*+[“”]?|«[^»]*+»?|‘[^’]*+’?"  # noqa: RUF001 - as word processors put them
_BETWEEN = r"(?:[;,&]|(?:\\{1,16}[nrt]){1,8})"
_PLAIN = rf"""(?:{MARKED}
    |\\[ ]
    |(?!{_BETWEEN}(?:\s|\Z|\\{{0,16}}["']|[\w.-]{{1,64}}+[ ]?=)|\\{{0,16}}["'](?!\w))\S)"""
"""One character of a value without quotes: a separator, such as the escape of a line's end, ends it where
another name follows, or nothing."""

_VALUE = re.compile(
    rf"(?:{_PREFIX}(?=[\"'`]))?{_QUOTED}(?P<tail>(?=\w){_PLAIN}++)?|{_TYPED}|{_PLAIN}*+", re.VERBOSE
)
_REST = re.compile(f"{_PLAIN}*+", re.VERBOSE)
_OPENED = re.compile(
    rf"(?:[A-Za-z_][\w.]{{0,63}}+(?=\((?:\w{{1,64}}=)?(?:{_PREFIX})?[\"']))?(?P<bracket>[\[{{(])"
)
"""A list, an object or a call: ``SecretStr('a b')``."""

_PIECE = re.compile(rf"(?:(?<!\w){_PREFIX}|(?!(?<=\w)')){_QUOTED}|[\[\](){{}}]", re.VERBOSE)
"""A text in quotes, which no apostrophe begins, or a bracket."""

_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}


def place(text: str, start: int) -> tuple[int, int]:
    """Start and end of the value that begins there, without its quotes."""
    if opened := _OPENED.match(text, start):
        end = _closed(text, opened.start("bracket"))
        rest = _REST.match(text, end)
        return start, end + (_length(rest[0]) if rest else 0)
    found = _VALUE.match(text, start)
    if found is None:
        return start, start
    for group in ("body", "inner"):
        if found[group] is not None and not found["tail"]:
            return found.span(group)
    return start, start + _length(found[0])


def _closed(text: str, start: int) -> int:
    """Where the bracket that is opened there is closed, however much is nested and quoted in it."""
    steps = {text[start]: 1, _BRACKETS[text[start]]: -1}
    depth = 0
    for piece in _PIECE.finditer(text, start):
        depth += steps.get(piece[0], 0)
        if not depth:
            return piece.end()
    return len(text)


def _length(value: str) -> int:
    """Of a value without the closing brackets that were opened in front of its name."""
    excess = {end: value.count(end) - value.count(begin) for begin, end in _BRACKETS.items()}
    length = len(value)
    while length and excess.get(value[length - 1], 0) > 0:
        length -= 1
        excess[value[length]] -= 1
    return length
