"""One text, looked at for secrets: whether it is harmless, and the text without what is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from .assigned import assigned_in, may_be_assigned
from .encoded import readings
from .fingerprint import MARK
from .randomness import AWS_ID, halves_in
from .shapes import SHORTEST, known_in, may_hold_known
from .urls import users_in

MOST_REMEMBERED = 8192
LONGEST_REMEMBERED = 512  # characters
LENGTH_OF_UUID = 36
MOST_LOOKS = 3
"""At a text with a secret: what is left around a mark may read as another one, and the worker looks again."""

LONGEST_FIELD = 4096
"""Characters of a name or another field that are looked at, and kept: more than any may have, so that what
is cut off later cuts no secret in two."""


_UUID = re.compile("[0-9a-f-]{36}")  # wherever its hyphens are: of these letters no secret is that short

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
    if (
        text not in _harmless_before
        and (may_be_assigned(text) or may_hold_known(text, True))
        and _may_hold(text)
    ):
        return False
    _remember(text)
    return True


def _may_hold(text: str) -> bool:
    return any(may_be_assigned(reading.text) or may_hold_known(reading.text) for reading in readings(text))


def all_harmless(texts: Iterable[str | None]) -> bool:
    """`is_harmless` for several texts, with its beginning inlined."""
    for text in texts:
        if (
            text is not None
            and len(text) >= SHORTEST
            and text not in _harmless
            and (len(text) > LONGEST_FIELD or not is_harmless(text))
        ):
            return False
    return True


def is_plain_id(text: str) -> bool:
    """Whether it is a UUID, or a word without capitals and separators, which no secret so short is."""
    length = len(text)
    if length == LENGTH_OF_UUID:
        return bool(_UUID.fullmatch(text))
    return length < LENGTH_OF_UUID and text.isalnum() and text.islower()


def without_secrets(text: str, mark: Mark) -> str:
    """*text* with a mark for each secret of a known form; *text* itself if there is none."""
    if len(text) < SHORTEST:
        return text
    cleaned = text
    for _ in range(MOST_LOOKS):
        before, cleaned = cleaned, _replaced(cleaned, _secrets_in, mark)
        if cleaned == before:
            break
    if cleaned == text and not holds_aws_id(text):  # a sign of a secret elsewhere has to be seen each time
        _remember(text)
    return cleaned


def without_halves(text: str, mark: Mark) -> str:
    """*text* with a mark for each secret half of a key of AWS, and for what else looks like one."""
    return _replaced(text, halves_in, mark)


def holds_aws_id(text: str) -> bool:
    """Whether the half of a key of AWS that is an id is in *text*."""
    return "IA" in text and any(AWS_ID.search(reading.text) for reading in readings(text))


def _secrets_in(text: str) -> Iterator[tuple[int, int]]:
    if may_hold_known(text):
        yield from known_in(text)
        yield from users_in(text)
    if may_be_assigned(text):
        yield from assigned_in(text)


class _Found(NamedTuple):
    """A secret in a text: where it is written, and as what it is read."""

    start: int
    end: int
    secret: str


def _replaced(text: str, search: Callable[[str], Iterable[tuple[int, int]]], mark: Mark) -> str:
    """*text* with marks for what a search finds in it, however it is read; everything else as it was."""
    found = sorted(
        (
            _Found(*reading.written(start, end), reading.text[start:end])
            for reading in readings(text)
            for start, end in search(reading.text)
        ),
        key=lambda secret: (secret.start, -secret.end),
    )
    parts: list[str] = []
    done = 0
    for start, end, secret in _joined(text, found):
        parts += (text[done:start], mark(secret))
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def _joined(text: str, found: list[_Found]) -> list[_Found]:
    """Those that overlap, as one, which is no mark; of the same place, as it reads once it is decoded."""
    joined: list[_Found] = []
    for secret in found:
        if (removed := MARK.match(text, secret.start)) and secret.end <= removed.end():
            continue
        last = joined[-1] if joined else None
        if last is None or secret.start >= last.end:
            joined.append(secret)
        elif secret[:2] == last[:2]:
            joined[-1] = secret
        elif secret.end > last.end:
            joined[-1] = _Found(last.start, secret.end, text[last.start : secret.end])
    return joined


def is_clean(text: str) -> bool:
    """Whether a text holds no secret of a known form."""
    return is_harmless(text) or without_secrets(text, lambda _: "") == text


def _remember(text: str) -> None:
    if len(text) > LONGEST_REMEMBERED:
        return
    if len(_harmless) >= MOST_REMEMBERED:
        _harmless_before.clear()
        _harmless_before.update(_harmless)
        _harmless.clear()
    _harmless.add(text)
