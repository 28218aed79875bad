r"""Texts within texts: what a URL, a page, JSON or a log wrote in another way, read as it was meant.

A secret behind ``\n``, ``%20`` or ``&#39;`` begins where the escape ends, and its quotes may be escapes
themselves. So a text is searched as it stands and as it reads once it is decoded, and each place in what was
decoded leads back to the one in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import NamedTuple

MOST_LEVELS = 3
"""How often a text is decoded: URLs stand in URLs, and those in pages."""

_ESCAPE = r"""
    [\\%&\#=^`\x1b\x9b](?:
      (?<=\\)\\{0,15}(?:
          (?P<code>[ux]\{[0-9A-Fa-f]{1,6}\} | u[0-9A-Fa-f]{4} | U[0-9A-Fa-f]{8} | x[0-9A-Fa-f]{2})
        | (?P<octal>[0-9][0-7]{0,2})
        | (?P<letter>[abefnrtv])
        | (?P<sign>[^\w\s"'`\\]|_))
    | (?<=%)(?:(?P<percent>[0-7][0-9A-Fa-f]|u[0-9A-Fa-f]{4})
        | (?P<bytes>[89A-Fa-f][0-9A-Fa-f](?:%[89A-Fa-f][0-9A-Fa-f])*))
    | (?<=&)(?P<entity>\#[0-9]{1,7};?|\#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};)
    | (?<==)(?<!==)(?P<mail>0[AD]|3[ACD]|(?:09|2[027])(?![0-9.=]))
    | (?<=\#)(?P<log>0[0-3][0-7])
    | (?<=\^)(?P<control>[@-_])
    | (?<=`)(?P<shell>[abefnrtv])
    | (?P<colour>(?<=\x1b)(?:\[[0-?]*[ -/]*[@-~]|[ -/]*[0-Z\\-~])|(?<=\x9b)[0-?]*[ -/]*[@-~]))
    """
"""By its first character, of which a text without escapes has few: of JSON, most languages, C, Markdown and
properties; of URLs; of HTML and XML; of mail; of rsyslog; of ``cat -v``; of PowerShell; of a terminal.
Quotes behind a backslash stay: they tell how deep a value is, see `values`.
"""

SIGNS = b"\\%&#^`\x1b\x9b"
"""With which escapes begin, in UTF-8; an equals sign does too, but is looked for anyway."""

_LETTERS = dict(zip("abefnrtv", "\a\b\x1b\f\n\r\t\v", strict=True))


class _Layer(NamedTuple):
    """What one round of decoding made, and where it stood; the lists have an item for each escape.

    Attributes:
        text: what it made.
        begins, ends: of what an escape stands for, in `text`.
        begun, ended: of the escape, in the text before.
    """

    text: str
    begins: list[int]
    ends: list[int]
    begun: list[int]
    ended: list[int]

    def start(self, place: int) -> int:
        """Where the character at *place* began before."""
        index = bisect_right(self.begins, place) - 1
        if index < 0:
            return place
        return self.begun[index] if place < self.ends[index] else place - self.ends[index] + self.ended[index]

    def end(self, place: int) -> int:
        """Where the character that ends at *place* ended before."""
        index = bisect_right(self.begins, place - 1) - 1
        return place if index < 0 else max(place - self.ends[index], 0) + self.ended[index]


class Reading(NamedTuple):
    """One way to read a text.

    Attributes:
        text: as it is read.
        layers: of decoding, the outermost first.
    """

    text: str
    layers: tuple[_Layer, ...] = ()

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text itself what is read from *start* to *end* is written."""
        for layer in reversed(self.layers):
            start, end = layer.start(start), layer.end(end)
        return start, end


def readings(text: str) -> list[Reading]:
    """A text as it stands, and as it reads once it is decoded, until nothing changes."""
    found = _decoded(text, "")
    if any("\x1b" in reading.text or "\x9b" in reading.text for reading in found):
        # colours may stand between a word and the next as well as within one
        found += _decoded(text, " ")[1:]
    return found


def _decoded(text: str, colour: str) -> list[Reading]:
    found = [Reading(text)]
    for _ in range(MOST_LEVELS):
        outer = found[-1]
        layer = _layer(outer.text, colour)
        if not layer.begins:
            break
        found.append(Reading(layer.text, (*outer.layers, layer)))
    return found


def _layer(text: str, colour: str) -> _Layer:
    layer = _Layer("", [], [], [], [])
    parts: list[str] = []
    done = length = 0
    for escape in _escapes().finditer(text):
        begun, ended = escape.span()
        meant = colour if escape.lastgroup == "colour" else _meant(escape)
        parts += (text[done:begun], meant)
        length += begun - done
        layer.begins.append(length)
        length += len(meant)
        layer.ends.append(length)
        layer.begun.append(begun)
        layer.ended.append(ended)
        done = ended
    return layer._replace(text="".join([*parts, text[done:]]))


@cache
def _escapes() -> re.Pattern[str]:
    return re.compile(_ESCAPE, re.VERBOSE)


def _meant(escape: re.Match[str]) -> str:
    """What an escape stands for."""
    kind = escape.lastgroup
    given = escape[kind] if kind else ""
    if kind in {"code", "percent", "mail"}:
        return chr(min(int(given.strip("uUx{}"), 16), 0x10FFFF))
    if kind == "bytes":
        return bytes.fromhex(given.replace("%", "")).decode(errors="replace")
    if kind in {"octal", "log"}:
        return chr(int(given, 8)) if given < "8" else " "
    if kind in {"letter", "shell"}:
        return _LETTERS[given]
    if kind == "control":
        return chr(ord(given) ^ 64)
    return _entity(escape[0]) if kind == "entity" else given


def _entity(written: str) -> str:
    from html import unescape  # noqa: PLC0415 - two thousand names, which few programs ever need

    return unescape(written)
