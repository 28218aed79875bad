"""Python values as what they are, whatever class they come in: text, ids, numbers, times and containers.

Only for what is not of an exact JSON type; the callers look at that first. docs/values.md has the table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.event import MAX_BYTES

from .text import CUT, shortened

MAX_DEPTH = 32
TOO_DEEP = "…[nested too deeply]"
MAX_ITEMS = MAX_BYTES // 2
"""More items than this cannot be in an event, as each takes two bytes or more."""

MAX_BITS = 14_000
"""Python refuses to write integers of more than 4,300 digits."""

JSON = "None, bool, int, float, str, or lists and dicts of these"
TEXT = "text, or a value with a text form of its own (UUID, Decimal, a date, an address, a path …)"
NO_TEXT = (bool, int, float, complex, Mapping, list, tuple, AbstractSet, type, BaseException)
SCALARS = frozenset({str, bool, type(None)})


def text_of(field: str, value: Any) -> str:
    """*value* as text: also of a subclass, lazy, in bytes, an Enum's value, or a value with a text form.

    Raises:
        InvalidEvent: it is not text, and has no text form of its own.
    """
    if type(value) is str:
        return value
    text = _text_or_none(unproxied(value))
    if text is None:
        raise InvalidEvent(field, f"{shortened(value)} ({type(value).__name__})", TEXT)
    return text


def unproxied(value: Any) -> Any:
    """What a proxy that claims the class of another object stands for, such as Werkzeug's or Django's."""
    claimed = value.__class__
    if claimed is type(value):
        return value
    for base in (bool, int, float, str, bytes):
        if issubclass(claimed, base):
            return base(value)
    current = getattr(value, "_get_current_object", None)
    return (
        current() if callable(current) else getattr(value, "__wrapped__", getattr(value, "_wrapped", value))
    )


def _text_or_none(value: Any) -> str | None:
    if isinstance(value, Enum):
        return value.value if type(value.value) is str else _text_or_none(value.value)
    if isinstance(value, str):
        return str.__str__(value)  # the characters themselves, whatever a subclass's own __str__ says
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _decoded(bytes(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration(value)
    return str(value) if not isinstance(value, NO_TEXT) and (_is_value(value) or _is_lazy(value)) else None


def _decoded(raw: bytes) -> str:
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
        and kind.__hash__ is not None
        and not hasattr(value, "pk")
        and not hasattr(value, "id")
    )


def _is_lazy(value: Any) -> bool:
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
    except (ValueError, OverflowError):  # a signalling NaN, or a fraction of two very large integers
        return "NaN"


def _finite(value: float) -> float | str:
    """A float, or the word for what JSON has no number for."""
    if isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"  # noqa: PLR0124 - NaN alone differs from itself


def mapping(path: str, value: Mapping[Any, Any]) -> dict[str, Any]:
    """A mapping of any class as a dict with keys of text."""
    return Walk().mapping(path, value, MAX_DEPTH)


def items(path: str, value: Collection[Any]) -> list[Any]:
    """A collection of any class as a list."""
    return Walk().items(path, value, MAX_DEPTH)


def is_container(value: Any) -> bool:
    """Whether it holds other values: a mapping, or a collection that is not text."""
    return isinstance(value, Mapping) or (
        isinstance(value, Collection)
        and not isinstance(value, (str, bytes, bytearray, memoryview))
        and not _is_lazy(value)
    )


class Walk:
    """One way through nested values, which ends with what contains itself, or never ends."""

    def __init__(self) -> None:
        self._left = iter(range(MAX_ITEMS))

    def mapping(self, path: str, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        """A mapping of any class as a dict with keys of text.

        Raises:
            InvalidEvent: it holds what is not JSON, and has no text form.
        """
        made = {}
        for (key, item), _ in zip(value.items(), self._left, strict=False):
            name = _key(path, key)
            made[name] = self._plain(f"{path}.{name[:80]}", item, depth - 1)
        return made if len(value) <= len(made) else made | {CUT: len(value) - len(made)}

    def items(self, path: str, value: Collection[Any], depth: int) -> list[Any]:
        """A collection of any class as a list; a set in order, so that the same set is stored the same.

        Raises:
            InvalidEvent: as above.
        """
        numbered = zip(enumerate(value), self._left, strict=False)
        made = [self._plain(f"{path}[{index}]", item, depth - 1) for (index, item), _ in numbered]
        if isinstance(value, AbstractSet):
            made.sort(key=lambda item: (str(type(item)), str(item)))
        return made if len(value) <= len(made) else [*made, CUT]

    def _plain(self, path: str, value: Any, depth: int) -> Any:
        if type(value) in SCALARS:
            return value
        value = unproxied(value)
        if isinstance(value, Enum):
            return self._plain(path, value.value, depth)
        if is_boolean(value):
            return bool(value)
        if is_container(value):
            convert: Any = self.mapping if isinstance(value, Mapping) else self.items
            return convert(path, value, depth) if depth else TOO_DEEP
        # a Decimal within stays exact, as text: nobody declared it to be a number
        known = None if isinstance(value, Decimal) else number(value)
        text = _text_or_none(value) if known is None else known
        if text is None:
            raise InvalidEvent(path, f"{shortened(value)} ({type(value).__name__})", JSON)
        return text


def _key(path: str, key: Any) -> str:
    if type(key) is str:
        return key
    if key is None or is_boolean(key):
        return "null" if key is None else str(bool(key)).lower()  # as Python's json writes them
    text = number(key)
    return text_of(f"a key of {path}", key) if text is None else str(text)
