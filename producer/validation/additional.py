"""The payload of an event against the keys and JSON types that its event type declares."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from trailkeeper.producer.catalogue import EventType
from trailkeeper.producer.errors import InvalidEvent

from .text import shortened

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
}
"""Python's types for each JSON type. `bool` is an `int` in Python, but not in JSON."""

JSON = "None, bool, int, float, str, or lists and dicts of these"
MAX_DEPTH = 32


def check_additional(payload: Any, kind: EventType) -> None:
    """Refuse what *kind* does not declare. Any value may be None: it is not known.

    Raises:
        InvalidEvent: names the key.
    """
    if type(payload) is not dict:
        raise InvalidEvent("additional", shortened(payload), "a dict")
    for key, value in payload.items():
        declared = kind.payload.get(key)
        if declared is None:
            _refuse_key(key, kind)
        if value is not None and not (type(value) is str and declared == "string"):
            _check_type(f"additional.{key}", value, declared)


def _refuse_key(key: object, kind: EventType) -> None:
    keys = ", ".join(kind.payload)
    raise InvalidEvent(
        f"additional.{shortened(key)}" if not isinstance(key, str) else f"additional.{key[:80]}",
        f"{kind.tag} does not declare this key",
        f"some of: {keys}" if keys else "no keys",
    )


def _check_type(path: str, value: Any, declared: Any) -> None:
    is_bool = isinstance(value, bool)
    if not isinstance(value, TYPES[declared]) or is_bool != (declared == "boolean"):
        raise InvalidEvent(
            path, f"{shortened(value)} ({type(value).__name__})", f"{declared}, as the catalogue declares"
        )
    _check_json(path, value, MAX_DEPTH)


def _check_json(path: str, value: Any, depth: int) -> None:
    """Refuse what is not JSON within a value: the encoder would convert some of it."""
    if depth == 0:
        raise InvalidEvent(path, "nested too deeply", f"at most {MAX_DEPTH} levels")
    if isinstance(value, dict):
        _refuse_other_keys(path, value)
        _check_each(((f"{path}.{key}", item) for key, item in value.items()), depth)
    elif isinstance(value, (list, tuple)):
        _check_each(((f"{path}[{index}]", item) for index, item in enumerate(value)), depth)
    elif isinstance(value, float) and not isfinite(value):
        raise InvalidEvent(path, shortened(value), "a finite number")
    elif value is not None and not isinstance(value, (str, int, float)):
        raise InvalidEvent(path, f"{shortened(value)} ({type(value).__name__})", JSON)


def _check_each(items: Iterable[tuple[str, Any]], depth: int) -> None:
    for path, item in items:
        _check_json(path, item, depth - 1)


def _refuse_other_keys(path: str, value: dict[Any, Any]) -> None:
    for key in value:
        if not isinstance(key, str):
            raise InvalidEvent(path, f"the key {shortened(key)}", "keys of text")
