"""The payload of an event against the keys and JSON types that its event type declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trailkeeper.producer.catalogue import EventType
from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.event import MAX_BYTES

from .named import Several
from .nested import Walk, parts_of, room_after
from .text import refuse, shortened
from .values import is_boolean, number, text_of, unproxied, whole_number

DICT = "a dict, or another mapping"
EXACT = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list, tuple),
    "object": (dict,),
}
"""Types that need no conversion, unless there is too much in them."""


def payload_of(additional: Any, kind: EventType) -> dict[str, Any]:
    """The payload as JSON's types, as *kind* declares it: the same dict if it is that already.

    Any value may be None: it is not known.

    Raises:
        InvalidEvent: names the key that *kind* does not declare, or whose value is of another type.
    """
    if type(additional) is not dict:
        return _of_other(additional, kind)
    payload: dict[str, Any] = additional
    declared, room = kind.payload, MAX_BYTES
    for key, value in additional.items():
        json_type = declared.get(key) if type(key) is str else None
        if json_type is None:
            return _converted(additional, kind)
        if value is None or value is True or value is False:
            room = room if value is None or json_type == "boolean" else -1
        else:
            room = room_after(value, room) if type(value) in EXACT[json_type] else -1
        if room < 0:
            return _converted(additional, kind)
    return payload


def _of_other(additional: Any, kind: EventType) -> dict[str, Any]:
    try:
        given = unproxied(additional)
        parts = parts_of(given)
    except Exception as error:  # noqa: BLE001 - a value of the application's may raise anything
        refuse("additional", error)
    if given is None:
        return {}
    if not isinstance(parts, Mapping):
        raise InvalidEvent("additional", shortened(given), DICT)
    return _converted(parts, kind)


def _converted(additional: Mapping[Any, Any], kind: EventType) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    walk = Walk()
    path = "additional"
    try:
        for key, value in additional.items():
            name = text_of("a key of additional", key) if isinstance(key, str) else ""
            if name not in kind.payload:
                _refuse_key(key, kind)
            path = f"additional.{name}"
            payload[name] = None if value is None else _value(walk, path, value, kind.payload[name])
    except Exception as error:  # noqa: BLE001 - a value of the application's may raise anything
        refuse(path, error)
    walk.fill()
    return payload


def _refuse_key(key: object, kind: EventType) -> None:
    keys = ", ".join(kind.payload)
    raise InvalidEvent(
        f"additional.{key[:80]}" if type(key) is str else f"additional.{shortened(key)}",
        f"{kind.tag} does not declare this key",
        f"some of: {keys}" if keys else "no keys",
    )


def _value(walk: Walk, path: str, value: Any, json_type: str) -> Any:
    value = unproxied(value)
    if value is None:
        return None
    if json_type == "string":
        # of a form's field that came twice, as any client may send it, both
        texts = value if type(value) is Several else (value,)
        return walk.text(", ".join(text_of(path, text) for text in texts))
    if json_type in {"array", "object"}:
        parts = walk.parts(value)
        if parts is not None and isinstance(parts, Mapping) is (json_type == "object"):
            return walk.container(path, parts)
        converted = None
    else:
        converted = CONVERSIONS[json_type](value)
    if converted is None:
        raise InvalidEvent(
            path, f"{shortened(value)} ({type(value).__name__})", f"{json_type}, as the catalogue declares"
        )
    return converted


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "integer": whole_number,
    "number": number,
    "boolean": lambda value: bool(value) if is_boolean(value) else None,
}
