"""Examples of the OpenAPI document: one event, and what is around it."""

from __future__ import annotations

from typing import Any

EVENT: dict[str, Any] = {
    "id": "01934c1f-7b40-7c51-9d3a-2f6b8e0c4d11",
    "tag": "account:login:success",
    "scope": "user",
    "occurred_at": "2026-11-15T12:00:00.000000Z",
    "recorded_at": "2026-11-15T12:00:00.081250Z",
    "sentence": "alice logged in",
    "user": {"id": "u-17", "name": "alice"},
    "project": None,
    "organization": None,
    "actor": {
        "kind": "user",
        "id": "u-17",
        "name": "alice",
        "credential": {"kind": "session", "id": "s-2031", "label": None},
        "on_behalf_of": None,
    },
    "ip": "203.0.113.7",
    "location": {
        "display": "New York, NY, US",
        "city": "New York",
        "region": "NY",
        "country": "United States",
        "country_code": "US",
        "latitude": 40.7,
        "longitude": -74.0,
        "asn": None,
        "source": "GeoLite2-City",
        "build": "2018-07-03",
    },
    "client": {
        "display": "Firefox (Ubuntu)",
        "kind": "browser",
        "name": "Firefox",
        "version": "133",
        "os": "Ubuntu",
        "device": None,
        "source": "ua-parser",
        "build": "1.0.2",
    },
    "request_id": "req-5f1c",
    "additional": {"two_factor_method": "webauthn"},
    "view": "full",
}
PAGE: dict[str, Any] = {
    "events": [EVENT],
    "older": "b1.AZNMH3tAfFGdOi9rjgxNEQ.9Qp2",
    "newer": None,
    "links": {
        "self": "/api/v1/users/u-17/events?limit=1",
        "older": "/api/v1/users/u-17/events?limit=1&cursor=b1.AZNMH3tAfFGdOi9rjgxNEQ.9Qp2",
        "newer": None,
    },
}
EVENT_TYPE: dict[str, Any] = {
    "tag": "project:release:add",
    "scope": "project",
    "group": "Releases",
    "sentence": "{actor} released {version} of {project}",
    "payload": {"version": "string", "publisher_url": "string"},
    "private": ["publisher_url"],
    "audience": {"self": "full", "owner": "full", "maintainer": "redacted", "public": "redacted"},
    "retention_days": None,
    "aliases": [],
}
ACTIVITY: dict[str, Any] = {
    "counts": [{"start": "2026-11-15T00:00:00Z", "events": 12}],
    "since": "2025-11-15T12:00:00Z",
    "until": "2026-11-15T13:00:00Z",
    "complete": True,
}
PROBLEM_EXAMPLES: dict[int, dict[str, Any]] = {
    status: {"type": "about:blank", "title": title, "status": status, "detail": detail}
    for status, title, detail in (
        (400, "Bad Request", "the body is not JSON"),
        (401, "Unauthorized", "the token has expired; ask for a new one"),
        (403, "Forbidden", "this came from a page of another site"),
        (404, "Not Found", "there is no such history or event, or it is not yours to see"),
        (409, "Conflict", "backfill 7 is finished; to pause one it must be running"),
        (413, "Content Too Large", "the body is larger than 65,536 bytes"),
        (414, "URI Too Long", "the address is longer than 8,192 bytes"),
        (415, "Unsupported Media Type", "the body is of another kind; expected application/json"),
        (422, "Unprocessable Content", "since: expected a time such as 2026-11-15T12:00:00Z"),
        (429, "Too Many Requests", "too many tries; wait a little"),
        (503, "Service Unavailable", "the database does not answer; nothing is wrong with your request"),
    )
}
