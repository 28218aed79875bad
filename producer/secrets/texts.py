"""One text, looked at for secrets: whether it is harmless, and the text without what is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from .fingerprint import MARK
from .shapes import SHORTEST, known, may_hold_known
from .words import names_assigned

ASSIGNED = re.compile(
    r"""(?<![\w.-])(?P<quote>["']?)(?P<name>[A-Za-z_][\w.-]{0,63})(?P=quote)
        (?:\s{0,2}=\s{0,2}|(?<=["'])\s?:\s?(?=["']))
        (?P<value>"[^"]{1,512}"?|'[^']{1,512}'?|[^\s&;,"'<>()\[\]{}]{1,4096})""",
    re.VERBOSE | re.ASCII,
)
"""A name and its value: in a URL's query, a DSN, a cookie, a line of configuration, JSON within a text."""

MOST_REMEMBERED = 8192
LONGEST_REMEMBERED = 512  # characters
LENGTH_OF_UUID = 36

_harmless: set[str] = set()
_harmless_before: set[str] = set()
"""Texts that were looked at: user agents and names come again and again. Never one with a secret.

When the younger set is full, the older one is forgotten; what comes again meanwhile moves on.
"""

Mark = Callable[[str], str]
"""What replaces a secret."""


def is_harmless(text: str) -> bool:
    """Whether a text certainly holds no secret of a known form."""
    # ids of requests are not remembered: they never come again, and would push out what does
    if len(text) < SHORTEST or text in _harmless or is_plain_id(text):
        return True
    if text not in _harmless_before and (may_hold_known(text) or "=" in text or '":' in text or "':" in text):
        return False
    _remember(text)
    return True


def all_harmless(texts: Iterable[str | None]) -> bool:
    """`is_harmless` for several texts, with its beginning inlined."""
    for text in texts:
        if text is not None and len(text) >= SHORTEST and text not in _harmless and not is_harmless(text):
            return False
    return True


def is_plain_id(text: str) -> bool:
    """Whether it is a UUID, or a word without capitals and separators, which no secret so short is."""
    length = len(text)
    if length == LENGTH_OF_UUID:
        return text[8] == "-" and text[13] == "-" and text.islower()
    return length < LENGTH_OF_UUID and text.isalnum() and text.islower()


def without_secrets(text: str, mark: Mark) -> str:
    """*text* with a mark for each secret of a known form; *text* itself if there is none."""
    cleaned = known().sub(lambda match: mark(match[0]), text)
    if "=" in text or '":' in text or "':" in text:
        cleaned = ASSIGNED.sub(lambda match: _without_value(match, mark), cleaned)
    if cleaned != text:
        return cleaned
    _remember(text)
    return text


def is_clean(text: str) -> bool:
    """Whether a text holds no secret of a known form."""
    return is_harmless(text) or without_secrets(text, lambda _: "") == text


def _without_value(match: re.Match[str], mark: Mark) -> str:
    value = match["value"]
    secret = value.strip("\"'")
    if not secret or MARK.fullmatch(secret) or not names_assigned(match["name"]):
        return match[0]
    start = match.start("value") - match.start()
    return match[0][:start] + value.replace(secret, mark(secret))


def _remember(text: str) -> None:
    if len(text) > LONGEST_REMEMBERED:
        return
    if len(_harmless) >= MOST_REMEMBERED:
        _harmless_before.clear()
        _harmless_before.update(_harmless)
        _harmless.clear()
    _harmless.add(text)
