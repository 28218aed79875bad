"""One text, looked at for secrets: whether it is harmless, and the text without what is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from .assigned import may_be_assigned, without_assigned
from .encoded import decoded
from .randomness import holds_aws_id
from .shapes import SHORTEST, known, may_hold_known

MOST_REMEMBERED = 8192
LONGEST_REMEMBERED = 512  # characters
LENGTH_OF_UUID = 36
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
    if text not in _harmless_before and (may_hold_known(text) or may_be_assigned(text)):
        return False
    _remember(text)
    return True


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
    """*text* with a mark for each secret of a known form; *text* itself if there is none.

    Of a text that says more once it is decoded, a mark for all of it.
    """
    if len(text) < SHORTEST:
        return text
    cleaned = _searched(text, mark)
    if (meant := decoded(cleaned)) is not None and _searched(meant, lambda _: "") != meant:
        return mark(text)
    if cleaned != text:
        return cleaned
    if not holds_aws_id(text):  # no secret, but a sign that there may be one, which has to be seen each time
        _remember(text)
    return text


def _searched(text: str, mark: Mark) -> str:
    cleaned = known().sub(lambda match: mark(match[0]), text)
    return without_assigned(cleaned, mark) if may_be_assigned(text) else cleaned


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
