"""Text from clients, who send what they like: made harmless, never a reason to refuse an event."""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import Repr
from typing import Any, NoReturn, overload

from trailkeeper.producer.deceptive import plain_text
from trailkeeper.producer.errors import InvalidEvent, InvalidMessage, is_interruption
from trailkeeper.producer.event import MAX_USER_AGENT
from trailkeeper.producer.wire import check_address

from .named import as_read

CUT = "…[cut]"
"""The end of a text that was cut."""

SHORTEST = 64
"""Characters of a text, or items of a list, that are left before anything else is cut."""


class _Repr(Repr):
    def repr1(self, x: Any, level: int) -> str:
        return super().repr1(as_read(x), level)


_repr = _Repr()
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
    return plain_text(cut(text, limit))


def cut(text: str, limit: int) -> str:
    """*text*, or as much of it as fits, with a mark."""
    return text if len(text) <= limit else text[: limit - len(CUT)] + CUT


def free_name(name: str, taken: Mapping[str, Any]) -> str:
    """*name*, or, if another key became the same text, *name* with a number: none replaces another."""
    number, free = len(taken), name
    while free in taken:
        number += 1
        free = f"{name}…[{number}]"
    return free


def is_address(text: object) -> bool:
    """Whether it is an IP address that can be stored."""
    try:
        check_address(text if isinstance(text, str) else "")
    except InvalidMessage:
        return False
    return True


def shortened(value: object) -> str:
    """Any value for an error message: short, on one line, and with the names by which secrets are found."""
    try:
        return harmless(_repr.repr(value), 200)
    except ValueError:  # an integer with thousands of digits has no repr
        return f"a very large {type(value).__name__}"
    except Exception:  # noqa: BLE001 - an object of the application may raise anything
        return f"a {type(value).__name__} whose repr raises"


def unreadable(field: str, error: Exception, expected: str = "a value that can be read") -> InvalidEvent:
    """The mistake of passing a value that raised *error*, such as one whose ``__str__`` raises.

    Raises:
        Exception: *error* itself, if it is not a value's but stops the caller's task.
    """
    if isinstance(error, InvalidEvent):
        return error
    if is_interruption(error):
        raise error
    return InvalidEvent(field, f"reading it raised {shortened(error)}", expected)


def refuse(field: str, error: Exception, expected: str = "a value that can be read") -> NoReturn:
    """Raise the mistake of passing a value that raised *error*, or *error* itself if it is a mistake already.

    Raises:
        InvalidEvent: always, save for what stops the caller's task.
    """
    found = unreadable(field, error, expected)
    raise found from (None if found is error else error)
