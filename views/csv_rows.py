"""Events as lines of CSV that are safe to open in a spreadsheet (CSV injection).

A spreadsheet executes text that begins like a formula, whoever wrote it, and where a cell begins depends on
the country: with a semicolon or a tab between cells, ours are cut elsewhere, within quotes too. So text gets
an apostrophe wherever it would begin like a formula: at its beginning and after each character that some
spreadsheet takes for the end of a cell. `original` takes these apostrophes away, and no others.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

COLUMNS: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("id", "occurred_at", "recorded_at", "tag", "scope", "sentence")},
    **{f"{of}_{name}": (of, name) for of in ("user", "project", "organization") for name in ("id", "name")},
    **{f"actor_{name}": ("actor", name) for name in ("kind", "id", "name")},
    **{f"credential_{name}": ("actor", "credential", name) for name in ("kind", "id", "label")},
    **{f"on_behalf_of_{name}": ("actor", "on_behalf_of", name) for name in ("id", "name")},
    "ip": ("ip",),
    "location": ("location", "display"),
    "country_code": ("location", "country_code"),
    **{of: (of, "display") for of in ("client", "network")},
    **{name: (name,) for name in ("request_id", "additional", "extras", "view")},
}
"""The keys of the JSON that lead to each column. A masked field and an unknown one are both empty."""

HEADER = tuple(COLUMNS)
QUOTED = re.compile(r'["\r\n]')

FORMULA = (
    "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"  # from Japanese keyboards too, wide and small
)
INVISIBLE = "\\t\\r\\n"
SEPARATORS = f",;|{INVISIBLE}"
BLANK = "[ \"'\u00a0\u3000\ufeff]*"
"""What a spreadsheet may skip before a formula."""

_AT_START, _WITHIN = f"(?={BLANK}[{FORMULA}{INVISIBLE}])", f"(?={BLANK}[{FORMULA}])"
BEGINS = re.compile(f"\\A{_AT_START}|(?<=[{SEPARATORS}]){_WITHIN}")
ESCAPED = re.compile(f"\\A'{_AT_START}|(?<=[{SEPARATORS}])'{_WITHIN}")
BEGUN = re.compile(f"[{SEPARATORS}]{BLANK}[{FORMULA}{INVISIBLE}]")
"""A place in a line that may begin like a formula."""

NOTHING: dict[str, Any] = {}
CHECKED_ALONE = {
    "id",
    "occurred_at",
    "recorded_at",
    "sentence",
    "location",
    "client",
    "network",
    "additional",
    "extras",
    "view",
}
CHECKED_TOGETHER = len(set(HEADER) - CHECKED_ALONE)

_json = msgspec.json.Encoder()


def lines(events: Iterable[dict[str, Any]]) -> str:
    """Events as CSV, without the header."""
    return "".join(map(_line, events))


def header() -> str:
    """The first line."""
    return _csv_line(HEADER)


def _line(event: dict[str, Any]) -> str:
    return _plain_line(event) or _csv_line(_row(event))


def _plain_line(event: dict[str, Any]) -> str | None:
    """The line of an event whose other cells need neither quotes nor apostrophes: of nearly all.

    They are checked together, by one expression, which takes half the time; None if one of them needs more.
    """
    actor = event["actor"]
    user, project, organization = event["user"], event["project"], event["organization"]
    credential, principal = actor.get("credential"), actor.get("on_behalf_of")
    location, client = event.get("location") or NOTHING, event.get("client") or NOTHING
    network = event.get("network") or NOTHING
    before = f",{event['tag']},{event['scope']}"
    between = (
        f"{_named(user)}{_named(project)}{_named(organization)},{actor['kind']}"
        f",{actor.get('id') or ''},{actor.get('name') or ''}"
        f"{_credential(credential) if credential else ',,,'}{_named(principal)},{event.get('ip') or ''}"
    )
    after = f",{event.get('request_id') or ''}"
    together = f"{before}{between},{location.get('country_code') or ''}{after}"
    if together.count(",") != CHECKED_TOGETHER or BEGUN.search(together) or QUOTED.search(together):
        return None
    additional, extras = event["additional"], event.get("extras")
    return (
        f"{event['id']},{event['occurred_at']},{event['recorded_at']}{before},{_cell(event['sentence'])}{between}"
        f",{_known_cell(location.get('display'))},{location.get('country_code') or ''}"
        f",{_known_cell(client.get('display'))},{_known_cell(network.get('display'))}{after}"
        f",{_cell(_json.encode(additional).decode()) if additional else ''}"
        f",{_cell(_json.encode(extras).decode()) if extras else ''},{event['view']}\r\n"
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


def _csv_line(row: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue()


def _row(event: dict[str, Any]) -> list[str]:
    return [_safe(_value(event, keys)) for keys in COLUMNS.values()]


def _value(event: dict[str, Any], keys: Iterable[str]) -> str | None:
    value: Any = event
    for key in keys:
        value = (value or NOTHING).get(key)
    return _json.encode(value).decode() if value and isinstance(value, dict) else value or None


def original(cell: str) -> str:
    """The text that a cell was written for, without the apostrophes that were put into it."""
    return ESCAPED.sub("", cell)


def _safe(text: str | None) -> str:
    return BEGINS.sub("'", text) if text else ""
