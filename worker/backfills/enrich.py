"""Derivations anew: one window of events a chunk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine

from trailkeeper.models.backfills import Advance, EnrichFilters, StoredBackfill
from trailkeeper.models.backfills.enriching import NIL, Change, Derived, Pointer, window, write
from trailkeeper.worker.enrich import Enrichment
from trailkeeper.worker.ingest.derive import Derive, Fact, Ids

from .prefetch import Prefetch

WINDOW = 5_000
"""The most events that one chunk looks at."""


class WindowStart(NamedTuple):
    """Where a chunk begins.

    Attributes:
        backfill: whose chunk it is.
        changes: how often the data of each enrichment were replaced so far.
        size: how many events it looks at.
        scope: of the events.
        after: the id of the last that was seen.
    """

    backfill: int
    changes: tuple[int, ...]
    size: int
    scope: str
    after: UUID


class PreparedWindow(NamedTuple):
    """A window: how many events are in it, the last of them if more may follow, and what is to be changed."""

    seen: int
    last: UUID | None
    changes: list[Change]


class Enrich:
    """The kind ``enrich``. Facts are never altered, scrubbed events are left alone.

    While a window is being written, the next one is read and derived anew.
    """

    size = WINDOW

    def __init__(self, engine: Engine, derive: Derive) -> None:
        self._engine = engine
        self._derive = derive
        self.ahead: Prefetch[PreparedWindow] = Prefetch(engine)

    def chunk(self, connection: Connection, job: StoredBackfill, size: int) -> Advance:
        """Look at the next events of one scope and let those that need it point to new derivations."""
        filters = EnrichFilters.from_json(job.filters)
        start = self._start(job, filters, job.cursor, size)
        prepared = self.ahead.take(start) or self._prepare(connection, filters, start)
        cursor = following(filters, start.scope, prepared.last)
        if cursor is not None:
            next_start = self._start(job, filters, cursor, size)
            self.ahead.begin(next_start, lambda other: self._prepare(other, filters, next_start))
        changed = write(connection, start.scope, prepared.changes)
        return Advance(cursor, seen=prepared.seen, changed=changed, skipped=prepared.seen - changed)

    def window(
        self, connection: Connection, filters: EnrichFilters, cursor: dict[str, str] | None, size: int
    ) -> tuple[list[Derived], dict[str, str] | None]:
        """The next events to look at, and where those after them begin."""
        scope, after = position(filters, cursor)
        events = window(connection, filters, (scope, after), size)
        return events, following(filters, scope, events[-1].id if len(events) == size else None)

    def facts(self, filters: EnrichFilters, events: Sequence[Derived]) -> list[list[Fact]]:
        """For each enrichment, what it is to derive anew from; None for what stays as it is."""
        return [
            _facts(filters, enrichment, [(event, event.pointers[place]) for event in events])
            for place, enrichment in enumerate(self._derive.enrichments)
        ]

    def _start(
        self, job: StoredBackfill, filters: EnrichFilters, cursor: dict[str, str] | None, size: int
    ) -> WindowStart:
        changes = tuple(enrichment.changes() for enrichment in self._derive.enrichments)
        return WindowStart(job.id, changes, size, *position(filters, cursor))

    def _prepare(self, connection: Connection, filters: EnrichFilters, start: WindowStart) -> PreparedWindow:
        events = window(connection, filters, (start.scope, start.after), start.size)
        last = events[-1].id if len(events) == start.size else None
        derived = self._derive.of(self.facts(filters, events))
        changes = [
            change
            for event, ids in zip(events, derived, strict=True)
            if any(ids) and (change := _change(event, ids))
        ]
        return PreparedWindow(len(events), last, changes)


def _facts(
    filters: EnrichFilters, enrichment: Enrichment, events: Iterable[tuple[Derived, Pointer | None]]
) -> list[Fact]:
    is_current = cache(enrichment.is_current)  # of thousands of events, a few versions

    def is_due(event: Derived, pointer: Pointer | None) -> bool:
        if event.scrubbed:
            return False
        if filters.which == "all" or pointer is None:
            return True
        return filters.which == "older" and not is_current(pointer.source, pointer.build)

    return [getattr(event, enrichment.fact) if is_due(event, pointer) else None for event, pointer in events]


def _change(event: Derived, ids: Ids) -> Change | None:
    """Where an event is to point from now on; None where it points there already."""
    before = tuple([pointer and pointer.id for pointer in event.pointers])
    after = tuple([new or old for new, old in zip(ids, before, strict=True)])
    return None if after == before else Change(event.id, event.partition, after)


def position(filters: EnrichFilters, cursor: dict[str, str] | None) -> tuple[str, UUID]:
    """The scope to walk now, and the id of the last event of it that was seen."""
    if cursor is None:
        return filters.scopes[0], NIL
    return cursor["scope"], UUID(cursor["id"])


def following(filters: EnrichFilters, scope: str, last: UUID | None) -> dict[str, str] | None:
    """Where the next chunk begins: after *last*, in the next scope where there is none, None at the end."""
    if last is not None:
        return {"scope": scope, "id": str(last)}
    place = filters.scopes.index(scope) + 1
    return {"scope": filters.scopes[place], "id": str(NIL)} if place < len(filters.scopes) else None
