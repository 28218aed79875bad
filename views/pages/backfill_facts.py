"""A backfill in words: what it covers, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trailkeeper.models.backfills import StoredBackfill

from . import words

KINDS = {"enrich": "Enrich", "import": "Import", "dead_letters": "Replay of dead letters"}
WHICH = {
    "missing": "events without a location, client or network",
    "older": "events without one, or with one from other data",
    "all": "every event, even if it is up to date",
}
LABELS = {
    "which": "Which",
    "tags": "Tags",
    "scope": "Scope",
    "user": "About user",
    "project": "About project",
}
FILTERS = ("which", "scope", "tags", "user", "project", "since", "until", "reasons", "ids")
"""Of the filters, in this order; a file has a row of its own, and `upto` means nothing to people."""
TIMES = {"since": "From", "until": "Before"}
CHANGED = {"enrich": "Enriched again", "import": "Stored", "dead_letters": "Stored"}
"""What `changed` counts."""


def percent(job: StoredBackfill) -> int | None:
    """How much of it is done; None if nobody knows. The estimate may be too low."""
    if job.state == "finished":
        return 100
    if not job.estimate:
        return None
    return min(99, 100 * job.seen // job.estimate)


def about(job: StoredBackfill) -> list[tuple[str, Any]]:
    """Its kind and what it covers, as names and values."""
    facts: list[tuple[str, Any]] = [("Kind", KINDS[job.kind])]
    if job.file:
        facts.append(("File", words.plain(job.file)))
    return [*facts, *filter_facts(job.filters)]


def filter_facts(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Filters as names and values: text, or a time."""
    for name in (name for name in FILTERS if values.get(name)):
        value = values[name]
        match name:
            case "which":
                yield LABELS[name], WHICH[value]
            case "tags":
                yield LABELS[name], ", ".join(map(words.plain, value))
            case "scope":
                yield LABELS[name], words.words(value)
            case "user" | "project":
                yield LABELS[name], words.plain(value)
            case "since" | "until":
                yield TIMES[name], words.moment(value)
            case "reasons":
                yield "Reasons", ", ".join(map(words.words, value))
            case _:
                yield "Dead letters", ", ".join(map(str, value))
