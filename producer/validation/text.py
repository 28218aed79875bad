"""Text from clients, who write what they like: made harmless, never a reason to refuse an event."""

from __future__ import annotations

import re
from reprlib import Repr
from typing import overload

from trailkeeper.producer.errors import InvalidMessage
from trailkeeper.producer.event import MAX_USER_AGENT
from trailkeeper.producer.wire import check_address

CUT = "…[cut]"
"""How a text ends that was too long."""

UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line ends, turns of the reading direction, and halves of a surrogate pair."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_repr = Repr()
_repr.maxstring = _repr.maxother = 80


@overload
def harmless(text: str, limit: int = ...) -> str: ...
@overload
def harmless(text: None, limit: int = ...) -> None: ...
@overload
def harmless(text: str | None, limit: int = ...) -> str | None: ...
def harmless(text: str | None, limit: int = MAX_USER_AGENT) -> str | None:
    """*text* with what cannot be seen or stored replaced, cut to *limit* characters with a mark.

    What is no text is returned as it is: to make it harmless would hide a mistake.
    """
    if not isinstance(text, str):
        return text
    if len(text) > limit:
        text = text[: limit - len(CUT)] + CUT
    return text if text.isprintable() else UNSEEN.sub(REPLACEMENT, text)


def is_address(text: object) -> bool:
    """Whether it is an IP address that can be stored."""
    try:
        check_address(text if isinstance(text, str) else "")
    except InvalidMessage:
        return False
    return True


def shortened(value: object) -> str:
    """A value as an error message may show it: short, on one line, whatever it is."""
    try:
        return harmless(_repr.repr(value), 200)
    except ValueError:  # an integer of thousands of digits has no repr
        return f"a very large {type(value).__name__}"
