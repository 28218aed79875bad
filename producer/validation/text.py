"""Text from clients, who send what they like: made harmless, never a reason to refuse an event."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import islice
from numbers import Number
from reprlib import Repr
from typing import Any, NoReturn, overload
from uuid import UUID

from trailkeeper.producer.deceptive import plain_text
from trailkeeper.producer.errors import InvalidEvent, InvalidMessage, is_interruption
from trailkeeper.producer.event import MAX_USER_AGENT
from trailkeeper.producer.wire import check_address

from .named import as_read

CUT = "…[cut]"
"""The end of a text that was cut."""

SHORTEST = 64
"""Characters of a text, or items of a list, that are left before anything else is cut."""


SHOWN = (
    str,
    bytes,
    bytearray,
    Number,
    Decimal,
    UUID,
    date,
    time,
    timedelta,
    Enum,
    type,
    type(None),
    BaseException,
)
"""Classes of what holds nothing else, and is shown in an error."""

_repr = Repr()
_repr.maxstring = _repr.maxother = 80
KEYS = 8
"""How many keys an error names."""


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
    """Any value for an error message, short and on one line.

    Of what holds others only the shape, and of an object only its class: errors go to logs, and what they
    are about may be a row with all that is known of somebody, or hold the key of a live session.
    """
    try:
        return harmless(_shape(as_read(value)), 200)
    except ValueError:  # an integer with thousands of digits has no repr
        return f"a very large {type(value).__name__}"
    except Exception:  # noqa: BLE001 - an object of the application may raise anything
        return f"a {type(value).__name__} whose repr raises"


def _shape(value: Any) -> str:
    if isinstance(value, Collection) and not value:
        return _repr.repr(value)
    if isinstance(value, Mapping):
        some = islice(value, KEYS)
        keys = [_repr.repr(key) if isinstance(key, str) else _shape(key) for key in some]
        return f"{{{', '.join(keys)}{', …' if len(value) > len(keys) else ''}}}"
    if isinstance(value, Collection) and not isinstance(value, SHOWN):
        return f"[{len(value)} item{'' if len(value) == 1 else 's'}]"
    return _repr.repr(value) if isinstance(value, SHOWN) else f"<{type(value).__name__}>"


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
