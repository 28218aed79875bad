"""Derivations anew: one window of events a chunk."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine

from trailkeeper.models.backfills import Advance, EnrichFilters, StoredBackfill
from trailkeeper.models.backfills.enriching import NIL, Change, Derived, Version, Window, window, write
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
    ) -> tuple[Window, dict[str, str] | None]:
        """The next events to look at, and where those after them begin."""
        scope, after = position(filters, cursor)
        seen = window(connection, filters, (scope, after), size)
        return seen, following(filters, scope, _last(seen, size))

    def facts(self, filters: EnrichFilters, seen: Window) -> list[list[Fact]]:
        """For each enrichment, what it is to derive anew from; None for what stays as it is."""
        return [
            _facts(filters, enrichment, seen, place)
            for place, enrichment in enumerate(self._derive.enrichments)
        ]

    def _start(
        self, job: StoredBackfill, filters: EnrichFilters, cursor: dict[str, str] | None, size: int
    ) -> WindowStart:
        changes = tuple(enrichment.changes() for enrichment in self._derive.enrichments)
        return WindowStart(job.id, changes, size, *position(filters, cursor))

    def _prepare(self, connection: Connection, filters: EnrichFilters, start: WindowStart) -> PreparedWindow:
        seen = window(connection, filters, (start.scope, start.after), start.size)
        derived = self._derive.of(self.facts(filters, seen))
        changes = [
            change
            for event, ids in zip(seen.events, derived, strict=True)
            if any(ids) and (change := _change(event, ids))
        ]
        return PreparedWindow(len(seen.events), _last(seen, start.size), changes)


def _last(seen: Window, size: int) -> UUID | None:
    """The last event of a window, if more may follow."""
    return UUID(seen.events[-1].id) if len(seen.events) == size else None


def _facts(filters: EnrichFilters, enrichment: Enrichment, seen: Window, place: int) -> list[Fact]:
    versions = seen.versions[place]
    # of thousands of events, a few derivations: judged once each
    due = {
        None,
        *(identity for identity, version in versions.items() if _is_due(filters, enrichment, version)),
    }

    def fact(event: Derived) -> Fact:
        identity = event.derivations[place]
        if event.scrubbed or identity not in due:
            return None
        if enrichment.keeps_fact:
            return None if identity is None else versions[identity].user_agent
        return event.ip

    return [fact(event) for event in seen.events]


def _is_due(filters: EnrichFilters, enrichment: Enrichment, version: Version) -> bool:
    if filters.which == "older":
        return not enrichment.is_current(version.source, version.build)
    return filters.which == "all"


def _change(event: Derived, ids: Ids) -> Change | None:
    """Where an event is to point from now on; None where it points there already."""
    after = tuple([new or old for new, old in zip(ids, event.derivations, strict=True)])
    return None if after == event.derivations else Change(event.id, event.partition, after)


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
