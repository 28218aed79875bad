"""The payload of an event against the keys and JSON types that its event type declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from trailkeeper.producer.catalogue import EventType
from trailkeeper.producer.errors import InvalidEvent

from .text import shortened
from .values import (
    MAX_BITS,
    MAX_DEPTH,
    is_boolean,
    is_container,
    items,
    mapping,
    number,
    text_of,
    unproxied,
    whole_number,
)

DICT = "a dict, or another mapping"
EXACT = {"string": str, "boolean": bool}
"""Types that need no look at the value."""


def payload_of(additional: Any, kind: EventType) -> dict[str, Any]:
    """The payload as JSON's types, as *kind* declares it: the same dict if it is that already.

    Any value may be None: it is not known.

    Raises:
        InvalidEvent: names the key that *kind* does not declare, or whose value is of another type.
    """
    if type(additional) is not dict:
        if additional is None:
            return {}
        if not isinstance(additional, Mapping):
            raise InvalidEvent("additional", shortened(additional), DICT)
        additional = dict(additional.items())
    payload: dict[str, Any] = additional
    declared = kind.payload
    for key, value in additional.items():
        json_type = declared.get(key) if type(key) is str else None
        if json_type is None:
            return _converted(additional, kind)
        if value is not None and type(value) is not EXACT.get(json_type) and not _is_plain(value, json_type):
            return _converted(additional, kind)
    return payload


def _converted(additional: Mapping[Any, Any], kind: EventType) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    for key, value in additional.items():
        name = text_of("a key of additional", key) if isinstance(key, str) else ""
        if name not in kind.payload:
            _refuse_key(key, kind)
        payload[name] = None if value is None else _value(f"additional.{name}", value, kind.payload[name])
    return payload


def _refuse_key(key: object, kind: EventType) -> None:
    keys = ", ".join(kind.payload)
    raise InvalidEvent(
        f"additional.{key[:80]}" if type(key) is str else f"additional.{shortened(key)}",
        f"{kind.tag} does not declare this key",
        f"some of: {keys}" if keys else "no keys",
    )


def _value(path: str, value: Any, json_type: str) -> Any:
    if json_type == "string":
        return text_of(path, value)
    converted = CONVERSIONS[json_type](path, unproxied(value))
    if converted is None:
        raise InvalidEvent(
            path, f"{shortened(value)} ({type(value).__name__})", f"{json_type}, as the catalogue declares"
        )
    return converted


def _array(path: str, value: Any) -> list[Any] | None:
    return items(path, value) if is_container(value) and not isinstance(value, Mapping) else None


CONVERSIONS: dict[str, Callable[[str, Any], Any]] = {
    "integer": lambda _, value: whole_number(value),
    "number": lambda _, value: number(value),
    "boolean": lambda _, value: bool(value) if is_boolean(value) else None,
    "array": _array,
    "object": lambda path, value: mapping(path, value) if isinstance(value, Mapping) else None,
}
PLAIN = {"integer": (int,), "number": (int, float), "array": (list, tuple), "object": (dict,)}


def _is_plain(value: Any, json_type: str) -> bool:
    """Whether it needs no conversion."""
    return type(value) in PLAIN.get(json_type, ()) and _is_json(value, MAX_DEPTH)


def _is_json(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(value.bit_length() <= MAX_BITS)
    if kind is float:
        return isfinite(value)
    if depth == 0:
        return False
    if kind is dict:
        return all(type(key) is str and _is_json(item, depth - 1) for key, item in value.items())
    return (kind is list or kind is tuple) and all(_is_json(item, depth - 1) for item in value)
