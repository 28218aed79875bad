"""The payload of an event from text, for exports: three times as fast as the standard library."""

from __future__ import annotations

from json import loads
from typing import Any

import msgspec

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def decoded(text: str | None) -> dict[str, Any]:
    """A JSON object from the table; an empty one for null."""
    if text is None:
        return {}
    try:
        return _decode(text)
    except (msgspec.DecodeError, RecursionError):  # a number that Postgres accepts and msgspec does not
        payload: dict[str, Any] = loads(text)
        return payload
