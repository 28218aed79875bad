"""Nested values of any class as JSON, in bounded time: one may hold itself, or another a million times."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.event import MAX_BYTES, NUMBER_ROOM

from .named import by_name, headers_of
from .text import CUT, SHORTEST, cut, free_name, refuse, shortened
from .values import MAX_BITS, is_boolean, number, reads_as_text, text_of, text_or_none, unproxied

MAX_DEPTH = 32
TOO_DEEP = "…[nested too deeply]"
MAX_CHARACTERS = 4 * MAX_BYTES
"""Of an event's texts together. Beyond, only the beginning of each is looked at."""

ROOM = MAX_BYTES - NUMBER_ROOM - 2_048
"""Bytes for the values of an event, without its other fields, and with each text cut to `SHORTEST`."""

COST = 2
"""Bytes that each value takes at least: itself and a comma. Quotes are one more."""

CONTAINERS = frozenset({dict, list, tuple})
TEXTS = (str, bytes, bytearray, memoryview)
MARK = 16
"""Bytes set aside in each container for the mark that it was cut, until it is known that it is not."""

JSON = "None, bool, int, float, str, or lists and dicts of these"


def room_after(value: Any, room: int, depth: int = MAX_DEPTH) -> int:
    """How many of *room* bytes a value leaves at most; below 0 if it is too large, or not of JSON's types."""
    kind = type(value)
    if kind is str:
        return room - len(value)
    if _is_scalar(value):
        return room - 1
    if kind not in CONTAINERS or not depth or len(value) > room:
        return -1
    if kind is dict:
        if not all(type(key) is str for key in value):
            return -1
        room -= sum(map(len, value))
    room -= len(value)
    for item in value.values() if kind is dict else value:
        if room < 0:
            return -1
        room = room_after(item, room, depth - 1)
    return room


def _is_scalar(value: Any) -> bool:
    """Whether it is a number, true, false or null as JSON has them."""
    kind = type(value)
    return (
        kind is bool
        or value is None
        or (kind is int and value.bit_length() <= MAX_BITS)
        or (kind is float and isfinite(value))
    )


def parts_of(value: Any) -> Collection[Any] | None:
    """What a value holds: a mapping if its parts have names, else a collection; None if it is no container.

    Headers as ASGI has them are a list of objects.
    """
    if type(value) is list or type(value) is tuple:  # nearly always
        return headers_of(value) or value
    if isinstance(value, TEXTS) or reads_as_text(value):
        return None
    named = by_name(value)
    if named is not None or not isinstance(value, Collection):
        return named
    return headers_of(value) or value


class Walk:
    """One way through the values of an event, level by level, and through the short lists of a level first.

    So what is cut, once there is as much as an event can hold, is what lies deepest, and the longest.

    Args:
        size: the most characters of one text.
    """

    def __init__(self, size: int = MAX_BYTES) -> None:
        self._size = size
        self._room = ROOM
        self._characters = MAX_CHARACTERS
        self._waiting: list[tuple[int, str, Any, Any, int]] = []
        self._parts: dict[int, tuple[Any, Collection[Any] | None]] = {}

    def text(self, text: str) -> str:
        """A text, cut if an event cannot hold it anyway."""
        self._room -= min(len(text), SHORTEST) + 1
        text = cut(text, min(self._size, max(SHORTEST, self._characters)))
        self._characters -= len(text)
        return text

    def parts(self, value: Any) -> Collection[Any] | None:
        """`parts_of` a value, found once however often others hold it."""
        if type(value) is dict:
            return value
        if not hasattr(type(value), "__len__"):  # as most values that are no container have none
            return None
        found = self._parts.get(id(value))
        if found is None:
            found = self._parts[id(value)] = (value, parts_of(value))
        return found[1]

    def container(self, path: str, value: Collection[Any], depth: int = MAX_DEPTH) -> Any:
        """An empty dict or list, which `fill` will fill with what *value*, as `parts` has it, holds."""
        if not depth:
            return TOO_DEEP
        self._room -= MARK
        made: Any = {} if isinstance(value, Mapping) else []
        self._waiting.append((len(value), path, value, made, depth - 1))
        return made

    def fill(self) -> None:
        """Fill every container.

        Raises:
            InvalidEvent: one holds what is not JSON and has no text form, or what cannot be read.
        """
        sets = []
        while self._waiting:
            level, self._waiting = sorted(self._waiting, key=_length), []
            for _, path, source, made, depth in level:
                self._fill(path, source, made, depth)
                if isinstance(source, AbstractSet):
                    sets.append(made)
        for made in reversed(sets):  # in order, so that the same set is stored the same
            made.sort(key=lambda item: (str(type(item)), str(item)))

    def scalar(self, path: str, value: Any) -> Any:
        """What is no container as JSON.

        Raises:
            InvalidEvent: it has no text form.
        """
        # a Decimal within stays exact, as text: nobody declared it to be a number
        made = None if isinstance(value, Decimal) else number(value)
        made = text_or_none(value) if made is None else made
        if made is None:
            raise InvalidEvent(path, f"{shortened(value)} ({type(value).__name__})", JSON)
        return self.text(made) if isinstance(made, str) else made

    def failed(self, path: str, error: Exception, value: Any) -> Any:  # noqa: ARG002 - for those who keep it
        """What stands for a value that raised *error* when it was read.

        Raises:
            InvalidEvent: nothing does.
        """
        refuse(path, error)

    def _fill(self, path: str, source: Any, made: Any, depth: int) -> None:
        try:
            for key, item in _entries(source):
                if self._room < COST:
                    _mark(source, made)
                    return
                name = self._name(path, key, made) if type(made) is dict else key
                self._room -= COST
                value = item if _is_scalar(item) else self._value(path, name, item, depth)
                if type(made) is dict:
                    made[name] = value
                else:
                    made.append(value)
            self._room += MARK
        except Exception as error:  # noqa: BLE001 - an object of the application may raise anything
            _keep(made, self.failed(path, error, source))

    def _value(self, path: str, name: str | int, item: Any, depth: int) -> Any:
        if type(item) is str:
            return self.text(item)
        path = f"{path}[{name}]" if type(name) is int else f"{path}.{str(name)[:80]}"
        try:
            return self._of_other(path, item, depth)
        except Exception as error:  # noqa: BLE001 - as above
            return self.failed(path, error, item)

    def _of_other(self, path: str, item: Any, depth: int) -> Any:
        value = unproxied(item)
        while isinstance(value, Enum):
            value = value.value
        if value is None or is_boolean(value):
            return value if value is None else bool(value)
        parts = self.parts(value)
        return self.scalar(path, value) if parts is None else self.container(path, parts, depth)

    def _name(self, path: str, key: Any, made: dict[str, Any]) -> str:
        return free_name(self.text(key if type(key) is str else self._key(path, key)), made)

    def _key(self, path: str, key: Any) -> str:
        if key is None or is_boolean(key):
            return "null" if key is None else str(bool(key)).lower()  # as Python's json writes them
        text = number(key)
        return text_of(f"a key of {path}", key) if text is None else str(text)


def _length(entry: tuple[int, str, Any, Any, int]) -> int:
    return entry[0]


def _entries(source: Any) -> Iterator[tuple[Any, Any]]:
    return iter(source.items()) if isinstance(source, Mapping) else enumerate(source)


def _mark(source: Any, made: Any) -> None:
    _keep(made, len(source) - len(made) if type(made) is dict else CUT)


def _keep(made: Any, mark: Any) -> None:
    """Put *mark* where the rest of a container is missing."""
    if type(made) is dict:
        made[free_name(CUT, made)] = mark
    else:
        made.append(mark)
