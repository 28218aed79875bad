"""A backfill in words: what it is about, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trailkeeper.models.backfills import StoredBackfill

from . import words

KINDS = {"enrich": "Enrich", "import": "Import", "dead_letters": "Replay of dead letters"}
WHICH = {
    "missing": "no location or client found yet",
    "older": "not found yet, or found with other data",
    "all": "every event, those that are current too",
}
LABELS = {
    "which": "Which",
    "tags": "Tags",
    "scope": "Scope",
    "user": "About user",
    "project": "About project",
}
SHOWN = ("which", "scope", "tags", "user", "project", "since", "until", "reasons", "ids")
"""Of the filters, in this order; a file has a row of its own, `upto` says nothing to people."""
TIMES = {"since": "From", "until": "Before"}
DONE = {"enrich": "Derived anew", "import": "Stored", "dead_letters": "Stored"}
"""What `changed` counts."""


def percent(job: StoredBackfill) -> int | None:
    """How much of it was seen; None where nobody knows. An estimate may be less than there is."""
    if job.state == "finished":
        return 100
    if not job.estimate:
        return None
    return min(99, 100 * job.seen // job.estimate)


def about(job: StoredBackfill) -> list[tuple[str, str]]:
    """Its kind and what it is about, as names and values."""
    found = [("Kind", KINDS[job.kind])]
    if job.file:
        found.append(("File", words.plain(job.file)))
    return [*found, *filters(job.filters)]


def filters(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Filters as names and values."""
    for name in (name for name in SHOWN if given.get(name)):
        value = given[name]
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
                yield TIMES[name], f"{words.to_the_second(value)} UTC"
            case "reasons":
                yield "Reasons", ", ".join(map(words.words, value))
            case _:
                yield "Letters", ", ".join(f"{each}" for each in value)
