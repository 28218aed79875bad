"""How the pipeline is, for admins: what waits, how long storing takes, what could not be stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import isinf
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from trailkeeper.models import outbox
from trailkeeper.models.counting.gaps import missing_events, missing_since
from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import StoredEvent
from trailkeeper.models.partitions import Partition, existing
from trailkeeper.models.status import dead_letter_counts, newest_event
from trailkeeper.models.tables import SCOPES
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer

from . import words
from .pipeline_facts import StreamFacts, stream_facts
from .rendering import page

router = APIRouter(include_in_schema=False)

NONE_WRITTEN = outbox.OutboxBacklog(0, None)
OLD_SECONDS = 60.0
BEAT_SECONDS = 180.0
PAUSES = {
    "store": "Postgres did not take a batch. Workers try again by themselves, and nothing is lost meanwhile.",
    "stream": "Redis failed while workers stored. They try again by themselves; nothing is lost meanwhile.",
    "rejection_limit": "More than half of what arrived could not be stored, so workers stopped rather than"
    " fill the dead letters. See the newest of them for the reason.",
}

FULL = (
    "It takes no writes, so applications keep events in their spool. Workers empty it while Postgres answers."
)


class Tile(NamedTuple):
    """One figure."""

    name: str
    value: str
    note: str


class Trouble(NamedTuple):
    """Something that somebody should look at."""

    title: str
    text: str


@router.get("/pipeline")
def pipeline(request: Request, viewer: AdminViewer) -> HTMLResponse:
    """All figures now; Redis may be away, without Postgres there is no page."""
    state = app_state_of(request)
    facts = stream_facts(state.settings)
    with transaction(state.engine) as connection:
        newest = newest_event(connection)
        letters = sum(dead_letter_counts(connection).values())
        partitions = existing(connection)
        written = outbox.backlog(connection)
        missing = missing_events(connection)
        since = missing_since(connection)
    now = datetime.now(UTC)
    found = list(troubles(facts, partitions, now, written, missing=missing, since=since))
    return page(
        request,
        "pipeline.html",
        viewer,
        title="Pipeline",
        verdict=found[0].title if found else "All is well",
        healthy=not found,
        warnings=found,
        tiles=[
            *_of_redis(facts),
            _of_outbox(written),
            *_of_postgres(newest, letters, now),
            Tile("Missing events", words.number(missing), "that were numbered and came nowhere"),
        ],
        partitions=sorted(partitions, key=lambda part: (SCOPES.index(part.scope), part.start)),
    )


def troubles(
    facts: StreamFacts | None,
    partitions: list[Partition],
    now: datetime,
    written: outbox.OutboxBacklog = NONE_WRITTEN,
    *,
    missing: int = 0,
    since: datetime | None = None,
) -> Iterator[Trouble]:
    """What is wrong, worst first."""
    if facts is None:
        yield Trouble("Redis does not answer", "Applications keep events in their spool until it does.")
        return
    if facts.full:
        yield Trouble("Redis is full", FULL + _since(facts.written))
    if facts.paused:
        yield Trouble(
            "Storing is paused", PAUSES.get(facts.paused, PAUSES["store"]) + _since(facts.paused_since)
        )
    if facts.oldest_seconds > OLD_SECONDS:
        age = words.duration(facts.oldest_seconds)
        yield Trouble("Events are waiting", f"The oldest has waited for {age}. Is a worker running?")
    if (written.oldest_seconds or 0.0) > OLD_SECONDS:
        age = words.duration(written.oldest_seconds or 0.0)
        yield Trouble(
            "The outbox is not relayed", f"Its oldest event has waited for {age}. Does a worker take ingest?"
        )
    if facts.beat_seconds is None or facts.beat_seconds > BEAT_SECONDS:
        yield Trouble(
            "Beat is silent",
            "Nobody makes partitions ahead or purges. Start it: trailkeeper beat.",
        )
    if missing:
        title = "An event is missing" if missing == 1 else f"{words.number(missing)} events are missing"
        text = "They were numbered and came nowhere. Find out which: trailkeeper reconcile."
        yield Trouble(title, text + _since(since))
    for scope in SCOPES:
        if not any(part.scope == scope and part.start > now for part in partitions):
            yield Trouble("Partitions run out", f"There is none ahead for {scope} events; beat makes them.")


def _since(moment: datetime | None) -> str:
    return "" if moment is None else f" Since {moment:%Y-%m-%d %H:%M:%S} UTC."


def _of_redis(facts: StreamFacts | None) -> Iterator[Tile]:
    if facts is None:
        return
    waits = facts.waiting + facts.being_stored
    oldest = f", the oldest for {words.duration(facts.oldest_seconds)}" if waits else ""
    yield Tile(
        "Waiting in the stream", words.number(waits), f"{facts.being_stored:,} being stored now{oldest}"
    )
    yield Tile("Stored so far", words.number(facts.stored), "since the stream began")
    yield Tile("Usual delay", _usual(facts.usual_seconds), "from the action to the table, for half of all")
    beat = facts.beat_seconds
    yield Tile("Beat", "silent" if beat is None else f"{words.duration(beat)} ago", "its last sign of life")


def _of_outbox(written: outbox.OutboxBacklog) -> Tile:
    more = " or more" if written.waiting >= outbox.COUNTED else ""
    oldest = written.oldest_seconds
    note = "committed, not stored yet" + (
        "" if oldest is None else f", the oldest for {words.duration(oldest)}"
    )
    return Tile("Waiting in the outbox", words.number(written.waiting) + more, note)


def _usual(seconds: float | None) -> str:
    if seconds is None:
        return "none yet"
    return "over an hour" if isinf(seconds) else f"under {words.duration(seconds)}"


def _of_postgres(newest: StoredEvent | None, letters: int, now: datetime) -> Iterator[Tile]:
    if newest is None:
        yield Tile("Newest event", "none", "in the table")
    else:
        age = words.duration(max(0.0, (now - newest.occurred_at).total_seconds()))
        yield Tile("Newest event", f"{age} ago", newest.tag)
    yield Tile("Dead letters", words.number(letters), "that nobody replayed or discarded yet")
