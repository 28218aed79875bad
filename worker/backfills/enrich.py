"""Location and client anew: one window of events a chunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine

from trailkeeper.models.backfills import Advance, EnrichFilters, StoredBackfill, Which
from trailkeeper.models.backfills.enriching import NIL, Change, Derived, window, write
from trailkeeper.models.engine import transaction
from trailkeeper.worker.drain.derive import Derive, Facts
from trailkeeper.worker.enrich import ClientFinder, LocationFinder
from trailkeeper.worker.enrich.location import FROM_ADDRESS

from .prefetch import Prefetch

WINDOW = 5_000
"""The most events that one chunk looks at."""


class Place(NamedTuple):
    """Where a chunk begins.

    Attributes:
        backfill: whose chunk it is.
        changes: how often the data at hand were replaced so far.
        size: how many events it looks at.
        scope: of the events.
        after: the id of the last that was seen.
    """

    backfill: int
    changes: int
    size: int
    scope: str
    after: UUID


class Looked(NamedTuple):
    """A window: how many events are in it, the last of them if more may follow, and what is to be changed."""

    seen: int
    last: UUID | None
    changes: list[Change]


class Enrich:
    """The kind ``enrich``. Facts are never altered, scrubbed events are left alone.

    While a window is being written, the next one is read and derived anew.
    """

    size = WINDOW

    def __init__(
        self, engine: Engine, derive: Derive, locations: LocationFinder, clients: ClientFinder
    ) -> None:
        self._engine = engine
        self._derive = derive
        self._locations = locations
        self._clients = clients
        self.ahead: Prefetch[Looked] = Prefetch()

    def chunk(self, connection: Connection, job: StoredBackfill, size: int) -> Advance:
        """Look at the next events of one scope and let those that need it point to new derivations."""
        filters = EnrichFilters.from_json(job.filters)
        place = self._place(job, filters, job.cursor, size)
        looked = self.ahead.take(place) or self._looked(connection, filters, place)
        cursor = following(filters, place.scope, looked.last)
        if cursor is not None:
            then = self._place(job, filters, cursor, size)
            self.ahead.begin(then, lambda: self._looked_ahead(filters, then))
        changed = write(connection, place.scope, looked.changes)
        return Advance(cursor, seen=looked.seen, changed=changed, skipped=looked.seen - changed)

    def _place(
        self, job: StoredBackfill, filters: EnrichFilters, cursor: dict[str, str] | None, size: int
    ) -> Place:
        return Place(job.id, self._locations.changes(), size, *position(filters, cursor))

    def _looked_ahead(self, filters: EnrichFilters, place: Place) -> Looked:
        with transaction(self._engine) as connection:
            return self._looked(connection, filters, place)

    def _looked(self, connection: Connection, filters: EnrichFilters, place: Place) -> Looked:
        seen = window(connection, filters, place.scope, place.after, place.size)
        last = seen[-1].id if len(seen) == place.size else None
        return Looked(len(seen), last, self.changes(filters, seen))

    def changes(self, filters: EnrichFilters, seen: Sequence[Derived]) -> list[Change]:
        """Those that point elsewhere with the data now at hand."""
        found = self._derive.of(self.wanted(filters, seen))
        return [
            Change(event.id, event.partition, location or event.location_id, client or event.client_id)
            for event, (location, client) in zip(seen, found, strict=True)
            if location not in (None, event.location_id) or client not in (None, event.client_id)
        ]

    def wanted(self, filters: EnrichFilters, seen: Sequence[Derived]) -> list[Facts]:
        """What of each event is to be derived anew from: address, user agent, None for what stays."""
        current = _Current(filters.which, self._locations.current(), self._clients.build)
        return [current.wanted(event) for event in seen]


class _Current:
    """Tells what is made with the data at hand, and so stays as it is."""

    def __init__(self, which: Which, location: tuple[str, str] | None, client: str) -> None:
        self._which = which
        self._locations = (location, FROM_ADDRESS)
        self._client = client

    def wanted(self, event: Derived) -> Facts:
        """What is to be derived anew from; None for what stays."""
        if event.scrubbed:
            return None, None
        if self._which == "all":
            return event.ip, event.user_agent
        location, client = event.location, event.client
        is_older = self._which == "older"
        located = location is not None and not (is_older and location not in self._locations)
        known = client is not None and not (is_older and client != self._client)
        return (None if located else event.ip), (None if known else event.user_agent)


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
