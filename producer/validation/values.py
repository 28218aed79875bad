"""Python values as what they are, whatever class they come in: text, ids, numbers and times.

Only for what is not of an exact JSON type; the callers look at that first. docs/values.md has the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from numbers import Complex, Integral, Rational
from typing import Any

from trailkeeper.producer.errors import InvalidEvent

from .named import url_method
from .text import CUT, shortened

MAX_BITS = 14_000
"""Python refuses to write integers of more than 4,300 digits."""

TEXT = "text, or a value with a text form of its own (UUID, Decimal, a date, an address, a path …)"
NO_TEXT = (Mapping, list, AbstractSet, type, BaseException)

OF_A_CONTAINER = ("__len__", "__iter__", "__getitem__")
"""Methods of arrays and tables, which cannot be hashed, and whose text is only a part of what they hold."""

OF_A_ROW = ("id", "pk", "model_fields", "__fields__")
"""Attributes of rows of an ORM and models of pydantic, whose text may be all that is in them."""


def text_of(field: str, value: Any) -> str:
    """*value* as text: also of a subclass, lazy, in bytes, an Enum's value, or a value with a text form.

    Raises:
        InvalidEvent: it is not text, and has no text form of its own.
    """
    if type(value) is str:
        return value
    text = text_or_none(unproxied(value))
    if text is None:
        raise InvalidEvent(field, f"{shortened(value)} ({type(value).__name__})", TEXT)
    return text


def unproxied(value: Any) -> Any:
    """What a proxy that claims the class of another object stands for, such as Werkzeug's or Django's."""
    claimed = value.__class__
    if claimed is type(value):
        return value
    current = getattr(value, "_get_current_object", None)
    inner = (
        current() if callable(current) else getattr(value, "__wrapped__", getattr(value, "_wrapped", value))
    )
    if inner is not value:
        return unproxied(inner)
    for base in (bool, int, float, str, bytes):
        if issubclass(claimed, base):
            return base(value)
    return value


def text_or_none(value: Any) -> str | None:  # noqa: PLR0911 - one a kind of value
    """`text_of` for what is no proxy; None if it is not text, and has no text form of its own."""
    if isinstance(value, Enum):
        return value.value if type(value.value) is str else text_or_none(value.value)
    if isinstance(value, str):
        return str.__str__(value)  # the characters themselves, whatever a subclass's own __str__ says
    if isinstance(value, (bytes, bytearray, memoryview)):
        return decoded(bytes(value))
    if isinstance(value, (datetime, date, time)):
        return str.__str__(value.isoformat())
    if isinstance(value, timedelta):
        return _duration(value)
    if not reads_as_text(value) or is_plain_number(value):
        return None
    if (as_url := url_method(value)) is not None:
        return text_or_none(as_url())
    return str.__str__(str(value))  # which may be of a subclass of str


def reads_as_text(value: Any) -> bool:
    """Whether it says how it reads, and is equal by its content or stands for a text."""
    return not isinstance(value, NO_TEXT) and (
        _is_value(value) or url_method(value) is not None or is_lazy(value)
    )


def is_plain_number(value: Any) -> bool:
    """Whether it is a number of Python or numpy; not a Decimal or a Fraction, whose digits mean something."""
    return (
        is_boolean(value)
        or isinstance(value, Integral)
        or (isinstance(value, Complex) and not isinstance(value, Rational))
    )


def decoded(raw: bytes) -> str:
    """Bytes as text: UTF-8 if they are valid UTF-8, which text in latin-1 hardly ever is."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")  # what HTTP headers are if they are not ASCII


def _duration(value: timedelta) -> str:
    """ISO 8601, in days and seconds, which every database and language reads."""
    sign, value = ("-", -value) if value < timedelta(0) else ("", value)
    seconds = f"{value.seconds}.{value.microseconds:06}".rstrip("0") if value.microseconds else value.seconds
    return f"{sign}P{value.days}DT{seconds}S"


def _is_value(value: object) -> bool:
    """Whether its class says how it reads as text, and that equal ones are the same: not a row of an ORM."""
    kind: Any = type(value)
    return (
        kind.__str__ is not object.__str__
        and kind.__eq__ is not object.__eq__
        and (kind.__hash__ is not None or not any(hasattr(kind, name) for name in OF_A_CONTAINER))
        and not any(hasattr(value, name) for name in OF_A_ROW)
    )


def is_lazy(value: Any) -> bool:
    """Whether it stands for a text, and does with it whatever a text does."""
    kind: Any = type(value)
    return kind.__str__ is not object.__str__ and isinstance(_called(value, "casefold"), str)


def _called(value: Any, method: str) -> Any:
    function = getattr(value, method, None)
    return function() if callable(function) else None


def whole_number(value: Any) -> int | str | None:
    """An integer of any class, as an int; as text if it has too many digits. None if it is not one."""
    value = unproxied(value)
    if isinstance(value, Enum):
        return whole_number(value.value)
    if isinstance(value, Decimal):
        value = (
            int(value) if value.is_finite() and value.adjusted() < MAX_BITS and value == int(value) else None
        )
    if (
        value is None
        or is_boolean(value)
        or isinstance(value, float)
        or not hasattr(type(value), "__index__")
    ):
        return None
    number = int(value.__index__())
    if number.bit_length() > MAX_BITS:
        return f"{CUT} a number of about {int(number.bit_length() * 0.30103) + 1:,} digits"
    return number


def is_boolean(value: Any) -> bool:
    """Whether it is a bool, or a numpy one."""
    return isinstance(value, bool) or type(value).__name__ in {"bool_", "bool"}


def number(value: Any) -> int | float | str | None:
    """A number of any class as an int or a float; as text if JSON cannot write it. None if it is not one."""
    if isinstance(value, Enum):
        return number(value.value)
    whole = whole_number(value)
    if whole is not None or is_boolean(value) or isinstance(value, (str, bytes, bytearray)):
        return whole
    if not hasattr(type(value), "__float__"):
        return None
    try:
        return _finite(float(value))
    except ValueError:  # a signalling NaN
        return "NaN"
    except OverflowError:  # a large Fraction
        return "Infinity" if value > 0 else "-Infinity"


def _finite(value: float) -> float | str:
    """A float, or the word for what JSON has no number for."""
    if isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"  # noqa: PLR0124 - NaN alone differs from itself
