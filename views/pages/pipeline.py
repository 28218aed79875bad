"""The state of the pipeline, for admins: what waits, how long storing takes, what could not be stored."""

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
from trailkeeper.producer.counted import counted
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.stream_state import StreamState, read_stream

from . import words
from .rendering import page

router = APIRouter(include_in_schema=False)

EMPTY_OUTBOX = outbox.OutboxBacklog(0, None)
OLD_SECONDS = 60.0
BEAT_SECONDS = 180.0
PAUSES = {
    "store": "Postgres did not accept a batch. Workers retry by themselves, and nothing is lost meanwhile.",
    "stream": "Redis failed during storing. Workers retry by themselves, and nothing is lost meanwhile.",
}

FULL = (
    "It refuses writes, so applications keep events in their spool. Workers empty it while Postgres answers."
)


class Tile(NamedTuple):
    """One figure."""

    name: str
    value: str
    note: str


class PipelineWarning(NamedTuple):
    """Something that an operator should look at."""

    title: str
    text: str
    since: datetime | None = None


@router.get("/pipeline")
def pipeline(request: Request, viewer: AdminViewer) -> HTMLResponse:
    """The figures now. The page works without Redis, but not without Postgres."""
    state = app_state_of(request)
    stream = _stream(state.settings)
    with transaction(state.engine) as connection:
        newest = newest_event(connection)
        dead_letters = sum(dead_letter_counts(connection).values())
        partitions = existing(connection)
        waiting = outbox.backlog(connection)
        missing = missing_events(connection)
        since = missing_since(connection)
    now = datetime.now(UTC)
    problems = list(warnings(stream, partitions, now, waiting, missing=missing, since=since))
    return page(
        request,
        "pipeline.html",
        viewer,
        title="Pipeline",
        verdict=problems[0].title if problems else "All is well",
        healthy=not problems,
        warnings=problems,
        tiles=[
            *_stream_tiles(stream),
            _outbox_tile(waiting),
            *_table_tiles(newest, dead_letters, now),
            Tile("Missing events", words.number(missing), "numbered, but never received"),
        ],
        partitions=sorted(partitions, key=lambda part: (SCOPES.index(part.scope), part.start)),
    )


def _stream(settings: ViewsSettings) -> StreamState | None:
    """The state of the stream, or None if Redis does not answer."""
    try:
        return read_stream(settings)
    except StreamUnavailable:
        return None


def warnings(
    stream: StreamState | None,
    partitions: list[Partition],
    now: datetime,
    waiting: outbox.OutboxBacklog = EMPTY_OUTBOX,
    *,
    missing: int = 0,
    since: datetime | None = None,
) -> Iterator[PipelineWarning]:
    """What is wrong, the worst first."""
    if stream is None:
        yield PipelineWarning("Redis does not answer", "Until it does, applications spool events.")
        return
    if stream.full:
        yield PipelineWarning("Redis is full", FULL, stream.last_write)
    if stream.pauses:
        since_pause = min((pause.since for pause in stream.pauses if pause.since), default=None)
        yield PipelineWarning("Storing is paused", PAUSES[stream.pauses[0].cause], since_pause)
    if stream.oldest_seconds > OLD_SECONDS:
        age = words.duration(stream.oldest_seconds)
        yield PipelineWarning("Events are waiting", f"The oldest has waited for {age}. Is a worker running?")
    if (waiting.oldest_seconds or 0.0) > OLD_SECONDS:
        age = words.duration(waiting.oldest_seconds or 0.0)
        yield PipelineWarning(
            "The outbox is not relayed",
            f"Its oldest event has waited for {age}. Does a worker take ingest?",
        )
    if stream.beat_seconds is None or stream.beat_seconds > BEAT_SECONDS:
        yield PipelineWarning(
            "Beat is silent",
            "Partitions are not created ahead, and nothing is purged. Start it: trailkeeper beat.",
        )
    if missing:
        title = f"{counted(missing, 'event is', 'events are')} missing"
        text = "They were numbered, but never received. trailkeeper reconcile tells which."
        yield PipelineWarning(title, text, since)
    for scope in SCOPES:
        if not any(part.scope == scope and part.start > now for part in partitions):
            yield PipelineWarning("Partitions run out", f"None is there for future {scope} events.")


def _stream_tiles(stream: StreamState | None) -> Iterator[Tile]:
    if stream is None:
        return
    waits = stream.waiting + stream.pending
    oldest = f", the oldest for {words.duration(stream.oldest_seconds)}" if waits else ""
    yield Tile("Waiting in the stream", words.number(waits), f"{stream.pending:,} being stored now{oldest}")
    yield Tile("Stored so far", words.number(stream.totals.get("stored", 0)), "since the stream began")
    yield Tile("Typical delay", _typical(stream.median_seconds), "from action to table, for half of them")
    beat = stream.beat_seconds
    yield Tile("Beat", "silent" if beat is None else f"{words.duration(beat)} ago", "last sign of life")


def _outbox_tile(waiting: outbox.OutboxBacklog) -> Tile:
    more = " or more" if waiting.waiting >= outbox.COUNTED else ""
    oldest = waiting.oldest_seconds
    note = "committed, not stored yet" + (
        "" if oldest is None else f", the oldest for {words.duration(oldest)}"
    )
    return Tile("Waiting in the outbox", words.number(waiting.waiting) + more, note)


def _typical(seconds: float | None) -> str:
    if seconds is None:
        return "none yet"
    return "over an hour" if isinf(seconds) else f"under {words.duration(seconds)}"


def _table_tiles(newest: StoredEvent | None, dead_letters: int, now: datetime) -> Iterator[Tile]:
    if newest is None:
        yield Tile("Newest event", "none", "in the table")
    else:
        age = words.duration(max(0.0, (now - newest.occurred_at).total_seconds()))
        yield Tile("Newest event", f"{age} ago", newest.tag)
    yield Tile("Dead letters", words.number(dead_letters), "not replayed or discarded yet")
