"""Events as lines of CSV, safe to open in a spreadsheet.

A spreadsheet takes a text that begins like a formula for one, whoever wrote it.
Such a text gets an apostrophe before it; numbers and times of ours do not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

import msgspec

HEADER = (
    "id",
    "occurred_at",
    "recorded_at",
    "tag",
    "scope",
    "sentence",
    "user_id",
    "user_name",
    "project_id",
    "project_name",
    "organization_id",
    "organization_name",
    "actor_kind",
    "actor_id",
    "actor_name",
    "credential_kind",
    "credential_id",
    "credential_label",
    "on_behalf_of_id",
    "on_behalf_of_name",
    "ip",
    "location",
    "country_code",
    "client",
    "request_id",
    "additional",
    "view",
)
"""The columns. A field that is masked and one that is not known are both empty."""

PLACE, PAYLOAD = HEADER.index("location"), HEADER.index("additional")
QUOTED = re.compile(r'["\r\n]')

FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # the same four as Japanese keyboards write them
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *FULL_WIDTH)
DOUBTFUL = {*FORMULA, " "}
NOTHING: dict[str, Any] = {}

_json = msgspec.json.Encoder()


def lines(events: Iterable[dict[str, Any]]) -> str:
    """Events as CSV, without the header."""
    return "".join(map(_line, events))


def header() -> str:
    """The first line."""
    return _written(HEADER)


def _line(event: dict[str, Any]) -> str:
    row = _row(event)
    head, middle = ",".join(row[:PLACE]), ",".join(row[PLACE + 1 : PAYLOAD])
    # nearly always nothing but the place and the payload needs quotes
    if (head + middle).count(",") == PAYLOAD - 3 and not QUOTED.search(head + middle):
        return f"{head},{_quoted(row[PLACE])},{middle},{_quoted(row[PAYLOAD])},{row[-1]}\r\n"
    return _written(row)


def _quoted(text: str) -> str:
    if "," in text or QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _written(row: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue()


def _row(event: dict[str, Any]) -> tuple[str, ...]:
    actor = event["actor"]
    user, project, organization = (event[name] or NOTHING for name in ("user", "project", "organization"))
    credential, principal = actor.get("credential") or NOTHING, actor.get("on_behalf_of") or NOTHING
    location, client = event.get("location") or NOTHING, event.get("client") or NOTHING
    additional = event["additional"]
    return (
        event["id"],
        event["occurred_at"],
        event["recorded_at"],
        event["tag"],
        event["scope"],
        _safe(event["sentence"]),
        _safe(user.get("id")),
        _safe(user.get("name")),
        _safe(project.get("id")),
        _safe(project.get("name")),
        _safe(organization.get("id")),
        _safe(organization.get("name")),
        actor["kind"],
        _safe(actor.get("id")),
        _safe(actor.get("name")),
        _safe(credential.get("kind")),
        _safe(credential.get("id")),
        _safe(credential.get("label")),
        _safe(principal.get("id")),
        _safe(principal.get("name")),
        event.get("ip") or "",
        _safe(location.get("display")),
        _safe(location.get("country_code")),
        _safe(client.get("display")),
        _safe(event.get("request_id")),
        _json.encode(additional).decode() if additional else "",
        event["view"],
    )


def _safe(text: str | None) -> str:
    if not text:
        return ""
    if text[0] not in DOUBTFUL:  # nearly always
        return text
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
