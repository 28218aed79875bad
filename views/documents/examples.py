"""Examples of the OpenAPI document, from `examples.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("examples.json").read_text("utf-8")
)

EVENT = _EXAMPLES["event"]
EVENT_TYPE = _EXAMPLES["event_type"]
ACTIVITY = _EXAMPLES["activity"]
BACKFILL = _EXAMPLES["backfill"]
ENRICH = _EXAMPLES["enrich"]
REPLAY = _EXAMPLES["replay"]
PREVIEW = _EXAMPLES["preview"]
COMMAND = _EXAMPLES["command"]
DEAD_LETTER = _EXAMPLES["dead_letter"]
DISCARD = _EXAMPLES["discard"]

_CURSOR = "older.AZNMH3tAfFGdOi9rjgxNEQ9Qp2"
_PATH = "/api/v1/users/u-17/events?limit=1"
PAGE: dict[str, Any] = {
    "events": [EVENT],
    "older": _CURSOR,
    "newer": None,
    "links": {"self": _PATH, "older": f"{_PATH}&cursor={_CURSOR}", "newer": None},
}
BACKFILLS: dict[str, Any] = {"backfills": [BACKFILL], "older": None}
DEAD_LETTERS: dict[str, Any] = {"counts": {"unknown_tag": 1}, "dead_letters": [DEAD_LETTER], "older": None}
WHOLE_DEAD_LETTER = DEAD_LETTER | {
    "raw": '{"v":1,"tag":"account:login:sucess","user":{"id":"u-17"}}',
    "raw_base64": None,
}
PROBLEM_EXAMPLES: dict[int, dict[str, Any]] = {
    int(status): {"type": "about:blank", "title": title, "status": int(status), "detail": detail}
    for status, (title, detail) in _EXAMPLES["problems"].items()
}
