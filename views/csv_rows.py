"""Events as lines of CSV, safe to open in a spreadsheet.

A spreadsheet takes a text that begins like a formula for one, whoever wrote it.
Such a text gets an apostrophe before it; numbers and times of ours do not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from functools import lru_cache
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

QUOTED = re.compile(r'["\r\n]')

FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # the same four as Japanese keyboards write them
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *FULL_WIDTH)
DOUBTFUL = {*FORMULA, " "}
BEGUN = re.compile(f",[{re.escape(''.join(sorted(DOUBTFUL)))}]")
"""A cell after another that may begin a formula."""

NOTHING: dict[str, Any] = {}
APART = {"id", "occurred_at", "recorded_at", "sentence", "location", "client", "additional", "view"}
LOOKED_AT = len(set(HEADER) - APART)

_json = msgspec.json.Encoder()


def lines(events: Iterable[dict[str, Any]]) -> str:
    """Events as CSV, without the header."""
    return "".join(map(_line, events))


def header() -> str:
    """The first line."""
    return _written(HEADER)


def _line(event: dict[str, Any]) -> str:
    return _plain_line(event) or _written(_row(event))


def _plain_line(event: dict[str, Any]) -> str | None:
    """The line of an event of which only sentence, place, client and payload need a look: of nearly all.

    The other cells are looked at all at once, which takes half the time; None where one of them needs it.
    """
    actor = event["actor"]
    user, project, organization = event["user"], event["project"], event["organization"]
    credential, principal = actor.get("credential"), actor.get("on_behalf_of")
    location, client = event.get("location") or NOTHING, event.get("client") or NOTHING
    before = f",{event['tag']},{event['scope']}"
    between = (
        f"{_named(user)}{_named(project)}{_named(organization)},{actor['kind']}"
        f",{actor.get('id') or ''},{actor.get('name') or ''}"
        f"{_credential(credential) if credential else ',,,'}{_named(principal)},{event.get('ip') or ''}"
    )
    after = f",{event.get('request_id') or ''}"
    looked_at = f"{before}{between},{location.get('country_code') or ''}{after}"
    if looked_at.count(",") != LOOKED_AT or BEGUN.search(looked_at) or QUOTED.search(looked_at):
        return None
    additional = event["additional"]
    return (
        f"{event['id']},{event['occurred_at']},{event['recorded_at']}{before},{_cell(event['sentence'])}{between}"
        f",{_known_cell(location.get('display'))},{location.get('country_code') or ''}"
        f",{_known_cell(client.get('display'))}{after}"
        f",{_quoted(_json.encode(additional).decode()) if additional else ''},{event['view']}\r\n"
    )


def _named(subject: dict[str, Any] | None) -> str:
    return f",{subject['id'] or ''},{subject['name'] or ''}" if subject else ",,"


def _credential(credential: dict[str, Any]) -> str:
    return f",{credential['kind'] or ''},{credential['id'] or ''},{credential['label'] or ''}"


def _cell(text: str | None) -> str:
    return _quoted(_safe(text))


_known_cell = lru_cache(maxsize=4096)(_cell)


def _quoted(text: str) -> str:
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return f'"{text}"' if "," in text or "\r" in text or "\n" in text else text


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
