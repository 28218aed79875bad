"""Examples of the OpenAPI document: backfills, dead letters and commands."""

from __future__ import annotations

from typing import Any

BACKFILL: dict[str, Any] = {
    "id": 7,
    "kind": "enrich",
    "state": "running",
    "filters": {"which": "older", "scope": "user", "until": "2026-11-15T12:00:00+00:00"},
    "requested_by": "robin",
    "created_at": "2026-11-15T12:00:00.210000Z",
    "started_at": "2026-11-15T12:00:00.480000Z",
    "finished_at": None,
    "heartbeat_at": "2026-11-15T12:00:09.112000Z",
    "throttle": 2000,
    "estimate": 48000,
    "cursor": {"scope": "user", "id": "01934c1f-7b40-7c51-9d3a-2f6b8e0c4d11"},
    "seen": 15000,
    "changed": 11830,
    "skipped": 3170,
    "rejected": 0,
    "detail": None,
    "file": None,
    "lines": None,
    "complete": None,
    "may": ["pause", "cancel"],
    "rejected_by_reason": {},
}
BACKFILLS: dict[str, Any] = {"backfills": [BACKFILL], "older": None}
ENRICH: dict[str, Any] = {
    "kind": "enrich",
    "which": "older",
    "tags": [],
    "scope": "user",
    "since": "2026-01-01T00:00:00Z",
    "throttle": 2000,
}
REPLAY: dict[str, Any] = {"kind": "dead_letters", "reasons": ["unknown_tag"], "ids": []}
PREVIEW: dict[str, Any] = {
    "kind": "enrich",
    "seen": 48000,
    "changed": 37900,
    "skipped": 10100,
    "rejected": {},
    "sample": [
        {
            "id": "01934c1f-7b40-7c51-9d3a-2f6b8e0c4d11",
            "ip": "203.0.113.7",
            "location": "New York, NY, US",
            "client": "Firefox (Ubuntu)",
        }
    ],
    "bad": [],
    "complete": True,
    "estimate": 48000,
    "estimated_seconds": 24.0,
}
COMMAND: dict[str, Any] = {
    "id": "01934c1f-7b40-7c51-9d3a-2f6b8e0c4d11",
    "action": "enrich",
    "requested_by": "robin",
    "requested_at": "2026-11-15T12:00:00.000000Z",
    "finished_at": "2026-11-15T12:00:00.210000Z",
    "state": "done",
    "backfill_id": 7,
    "count": None,
    "preview": None,
    "problem": None,
    "links": {
        "self": "/api/v1/commands/01934c1f-7b40-7c51-9d3a-2f6b8e0c4d11",
        "backfill": "/api/v1/backfills/7",
    },
}
DEAD_LETTER: dict[str, Any] = {
    "id": 41,
    "recorded_at": "2026-11-15T12:00:00.081250Z",
    "stream": "trailkeeper:events",
    "stream_id": "1790000000000-0",
    "reason": "unknown_tag",
    "detail": "no event type is called 'account:login:sucess'",
    "deliveries": 1,
    "size": 64,
}
DEAD_LETTERS: dict[str, Any] = {"counts": {"unknown_tag": 1}, "dead_letters": [DEAD_LETTER], "older": None}
WHOLE_DEAD_LETTER: dict[str, Any] = DEAD_LETTER | {
    "raw": '{"v":1,"tag":"account:login:sucess","user":{"id":"u-17"}}',
    "raw_base64": None,
}
DISCARD: dict[str, Any] = {"ids": [41], "reason": "a misspelt tag of a test system"}
