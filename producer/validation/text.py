"""Text from clients, who send what they like: made harmless, never a reason to refuse an event."""

from __future__ import annotations

from reprlib import Repr
from typing import overload

from trailkeeper.producer.deceptive import plain_text
from trailkeeper.producer.errors import InvalidMessage
from trailkeeper.producer.event import MAX_USER_AGENT
from trailkeeper.producer.wire import check_address

CUT = "…[cut]"
"""The end of a text that was cut."""

_repr = Repr()
_repr.maxstring = _repr.maxother = 80


@overload
def harmless(text: str, limit: int = ...) -> str: ...
@overload
def harmless(text: None, limit: int = ...) -> None: ...
@overload
def harmless(text: str | None, limit: int = ...) -> str | None: ...
def harmless(text: str | None, limit: int = MAX_USER_AGENT) -> str | None:
    """*text* with deceptive and unstorable characters replaced, cut to *limit* characters with a mark.

    What is not text is returned as it is: converting it would hide a mistake.
    """
    if not isinstance(text, str):
        return text
    if len(text) > limit:
        text = text[: limit - len(CUT)] + CUT
    return plain_text(text)


def is_address(text: object) -> bool:
    """Whether it is an IP address that can be stored."""
    try:
        check_address(text if isinstance(text, str) else "")
    except InvalidMessage:
        return False
    return True


def shortened(value: object) -> str:
    """Any value for an error message: short and on one line."""
    try:
        return harmless(_repr.repr(value), 200)
    except ValueError:  # an integer with thousands of digits has no repr
        return f"a very large {type(value).__name__}"
    except Exception:  # noqa: BLE001 - an object of the application may raise anything
        return f"a {type(value).__name__} whose repr raises"
