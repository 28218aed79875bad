"""A history as a table, as lines of JSON and as CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable
from itertools import chain

from models.histories import Page, StoredEvent, as_json

from .output import print_json, print_table, safe, say
from .sentences import Sentences
from .times import moment

COLUMNS = ["time (UTC)", "what", "address", "location", "client"]
CSV_COLUMNS = (
    *("id", "tag", "scope", "occurred_at", "recorded_at", "sentence"),
    *("user.id", "user.name", "project.id", "project.name", "organization.id", "organization.name"),
    *("actor.kind", "actor.id", "actor.name", "actor.credential.kind", "actor.credential.label"),
    *("actor.on_behalf_of.id", "ip", "location.display", "client.display", "request_id", "additional"),
)
FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet would take for a formula when it stands first; a quote before it says text."""


def write(form: str, pages: Iterable[Page], sentences: Sentences) -> Page | None:
    """Print pages as they come.

    Returns:
        The last one.
    """
    last: list[Page] = []

    def events() -> Iterable[StoredEvent]:
        return chain.from_iterable(_kept(page, last).events for page in pages)

    FORMATS[form](events(), sentences)
    return last[0] if last else None


def say_how_to_read_on(last: Page | None) -> None:
    """Name the option that continues where a table ended."""
    if last is None or not last.events:
        say("no events")
    elif last.older is not None:
        say(f"older ones: --before {last.older}")


def _kept(page: Page, last: list[Page]) -> Page:
    last[:] = [page]
    return page


def _table(events: Iterable[StoredEvent], sentences: Sentences) -> None:
    print_table(COLUMNS, (_row(event, sentences) for event in events))


def _row(event: StoredEvent, sentences: Sentences) -> tuple[object, ...]:
    location = event.location and event.location.display
    client = event.client and event.client.display
    return moment(event.occurred_at), sentences.of(event) or event.tag, event.ip, location, client


def _json_lines(events: Iterable[StoredEvent], sentences: Sentences) -> None:
    for event in events:
        print_json(as_json(event, sentences.of(event)))


def _csv(events: Iterable[StoredEvent], sentences: Sentences) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(CSV_COLUMNS)
    for event in events:
        found = as_json(event, sentences.of(event))
        writer.writerow(_cell(found, column) for column in CSV_COLUMNS)


def _cell(found: object, column: str) -> str:
    for key in column.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, dict):
        found = json.dumps(found, ensure_ascii=False)
    text = "" if found is None else safe(found)
    return f"'{text}" if text.startswith(FORMULA) else text


FORMATS: dict[str, Callable[[Iterable[StoredEvent], Sentences], None]] = {
    "table": _table,
    "json": _json_lines,
    "csv": _csv,
}
