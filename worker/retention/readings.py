"""The ways in which a text can be read: as it is, and with the escapes of URLs, forms and of JSON undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

DEEP = 3
"""How often escapes are undone: a URL within a URL has them twice."""

_UNICODE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BLANK = re.compile(r"\\+[bfnrt]")
_FORM = re.compile(r"=[^\s&;#]*\+[^\s&;#]*")
"""A value of a form or a query, in which a plus is a blank."""


def readings(text: str) -> set[str]:
    """A text as it is, and as what it may stand for."""
    found = {text}
    for _ in range(DEEP):
        undone = {way for each in found for way in _undone(each)}
        if undone <= found:
            break
        found |= undone
    return found


def _undone(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
        yield unquote_plus(text)
    if "+" in text and "=" in text:
        yield _FORM.sub(lambda match: match[0].replace("+", " "), text)
    if "\\" in text:
        meant = _UNICODE.sub(lambda match: chr(int(match[1], 16)), text)
        yield _BLANK.sub(" ", meant).replace("\\", "")
        yield meant.replace("\\", "")
