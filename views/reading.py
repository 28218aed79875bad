"""The one way by which page, API, export, live tail, counts and command read events.

`Policy` decides which rows and which fields, `models` reads them, and nothing else
reads events for a viewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Engine

from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import (
    MAX_LIMIT,
    Cursor,
    EventKey,
    PlaceCount,
    Question,
    StoredEvent,
    TimeCount,
    Visible,
)
from trailkeeper.models.histories.counts import MOST_COUNTED, count_by_place, count_by_time
from trailkeeper.models.histories.export import ExportReader
from trailkeeper.models.histories.page import read_page, read_stored
from trailkeeper.models.periods import EPOCH
from trailkeeper.models.snapshots import Snapshot, snapshot
from trailkeeper.models.stored_batches import can_follow, stored_between
from trailkeeper.models.tables import SCOPES

from .errors import NotFound
from .masking import masked, masked_row
from .policy import Policy
from .viewer import Viewer

Width = Literal["hour", "day"]
WIDTHS: dict[Width, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
LONGEST: dict[Width, timedelta] = {"hour": timedelta(days=7), "day": timedelta(days=366)}
"""The longest time that is counted; also the default when the question has no beginning."""


@dataclass(frozen=True)
class VisiblePage:
    """Events as a viewer may see them, newest first; the cursors are keys of events in it.

    Attributes:
        events: one JSON object each.
        older: pass it as *before* for the next page; None at the end of the history.
        newer: pass it as *after* for the previous page; None at its beginning.
        stored: a snapshot of before they were read, if asked for; a tail shows what it does not hold.
    """

    events: list[dict[str, Any]]
    older: EventKey | None
    newer: EventKey | None
    stored: Snapshot | None = None


@dataclass(frozen=True)
class Activity:
    """Events over time.

    Attributes:
        counts: by interval, newest first, without empty ones.
        since: where counting began.
        until: where it ended.
        complete: False if there were too many events to count back to the requested time; *since* is then
            the beginning of the oldest interval that was counted completely, or of the newest if none was.
    """

    counts: list[TimeCount]
    since: datetime
    until: datetime
    complete: bool


class StoredSince(NamedTuple):
    """What was stored after a snapshot.

    Attributes:
        events: one JSON object each, oldest first.
        until: the snapshot up to which they are.
        last: what to pass as *after* for the rest, with *until*; None if that is all.
    """

    events: list[dict[str, Any]]
    until: Snapshot
    last: int | None


class Reader:
    """Answers questions for viewers, from one database by one policy. Safe for threads."""

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine = engine
        self.policy = policy

    def page(
        self,
        viewer: Viewer,
        question: Question,
        *,
        limit: int = 50,
        before: Cursor | None = None,
        after: Cursor | None = None,
        followed: bool = False,
    ) -> VisiblePage:
        """The newest events that answer a question, or those next to a cursor.

        With *followed*, also up to where they are, for a tail that goes on from there.

        Raises:
            NotFound: the history is not the viewer's to see.
            ValueError: the limit is not 1 to 1,000, or both cursors are given.
            StoreError: the database does not answer.
        """
        visible = self._visible(viewer, question)
        if visible.nothing:
            return VisiblePage([], None, None, self.snapshot() if followed else None)
        with transaction(self._engine) as connection:
            stored = snapshot(connection) if followed else None
            page = read_page(connection, question, limit=limit, before=before, after=after, visible=visible)
        return VisiblePage(self._visible_events(viewer, page.events), page.older, page.newer, stored)

    def with_id(self, viewer: Viewer, event_id: UUID) -> list[dict[str, Any]]:
        """The events with an id that the viewer may see: one in each scope at most, and one as a rule.

        Raises:
            StoreError: the database does not answer.
        """
        question = Question(event=event_id)
        with transaction(self._engine) as connection:
            visible = self.policy.visible(viewer, question)
            page = read_page(connection, question, limit=len(SCOPES), visible=visible)
        return self._visible_events(viewer, page.events)

    def export(
        self, viewer: Viewer, question: Question, *, before: Cursor | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every event that answers a question, newest first, in a memory that does not grow with them.

        Each part has a transaction of its own, so that a slow client keeps none open.

        Raises:
            NotFound: at once, not at the first event: the history is not the viewer's to see.
            StoreError: while iterating: the database does not answer.
        """
        return self._exported(viewer, question, self._visible(viewer, question), before)

    def snapshot(self) -> Snapshot:
        """What is stored now; ask before reading, and `stored_between` tells of what came after.

        Raises:
            StoreError: the database does not answer.
        """
        with transaction(self._engine) as connection:
            return snapshot(connection)

    def can_follow(self, seen: Snapshot, now: Snapshot) -> bool:
        """Whether `stored_between` tells of everything that was stored since a snapshot.

        Raises:
            StoreError: the database does not answer.
        """
        with transaction(self._engine) as connection:
            return can_follow(connection, seen, now)

    def stored_between(
        self,
        viewer: Viewer,
        question: Question,
        seen: Snapshot,
        until: Snapshot | None = None,
        after: int = 0,
    ) -> StoredSince:
        """Events that answer a question and were stored after a snapshot, oldest first; or some of them.

        Args:
            viewer: who asks.
            question: what.
            seen: the snapshot.
            until: the one at which to stop, where a part was read before; else that of now.
            after: the last note of that part.

        Raises:
            NotFound, StoreError: as `page`.
        """
        visible = self._visible(viewer, question)
        with transaction(self._engine) as connection:
            # on the connection that is read from: another one may lead to a replica that is ahead of this one
            now = snapshot(connection)
            if until is None or not until.is_within(now):
                until, after = now, 0
            if visible.nothing or until.is_within(seen):
                return StoredSince([], until if visible.nothing else seen, None)
            batches = stored_between(connection, seen, until, after)
            ids = sorted({event_id for found in batches.ids.values() for event_id in found})
            events = read_stored(connection, question, ids, visible) if ids else []
        stored = {EventKey(event_id, scope) for scope, found in batches.ids.items() for event_id in found}
        asked = [event for event in reversed(events) if event.key in stored]
        return StoredSince(self._visible_events(viewer, asked), until, batches.last)

    def newer_than(
        self, viewer: Viewer, question: Question, place: Cursor, limit: int = MAX_LIMIT
    ) -> list[dict[str, Any]]:
        """Events newer than one, **oldest first**: for a live tail. Of more than *limit*, the oldest.

        Raises:
            NotFound, StoreError: as `page`.
        """
        return self.page(viewer, question, limit=limit, after=place).events[::-1]

    def activity(self, viewer: Viewer, question: Question, width: Width) -> Activity:
        """How many events there were by hour (of a week) or day (of a year), in UTC.

        The time is the question's, cut to its newest week or year; 20,000 events are counted at most.

        Raises:
            NotFound, StoreError: as `page`.
        """
        visible = self._visible(viewer, question)
        since, until = _counted_time(question, LONGEST[width])
        if visible.nothing:
            return Activity([], since, until, complete=True)
        counted = replace(question, since=since, until=until)
        with transaction(self._engine) as connection:
            counts = count_by_time(connection, counted, WIDTHS[width], visible=visible, most=MOST_COUNTED)
        if sum(count.events for count in counts) < MOST_COUNTED:
            return Activity(counts, since, until, complete=True)
        finished = counts[:-1] or counts
        return Activity(finished, finished[-1].start, until, complete=False)

    def places(self, viewer: Viewer, question: Question) -> list[PlaceCount]:
        """Where events came from, most frequent first; of the newest 20,000 whose origin is shown.

        Raises:
            NotFound, StoreError: as `page`.
        """
        visible = self._visible(viewer, question, located=True)
        if visible.nothing:
            return []
        since, until = _counted_time(question, LONGEST["day"])
        counted = replace(question, since=since, until=until)
        with transaction(self._engine) as connection:
            return count_by_place(connection, counted, visible=visible)

    def refuse_unasked(self, viewer: Viewer, question: Question) -> None:
        """Refuse a question that a viewer may not ask.

        Raises:
            NotFound: the history is not the viewer's to see.
        """
        if not self.policy.may_ask(viewer, question):
            raise NotFound(f"there is no such history: {question.about} {question.id or ''}".rstrip())

    def _visible(self, viewer: Viewer, question: Question, *, located: bool = False) -> Visible:
        self.refuse_unasked(viewer, question)
        return self.policy.visible(viewer, question, located=located)

    def _exported(
        self, viewer: Viewer, question: Question, visible: Visible, before: Cursor | None
    ) -> Iterator[dict[str, Any]]:
        export = ExportReader(question, visible)
        while not visible.nothing:
            with transaction(self._engine) as connection:
                part = export.part(connection, before)
            documents = (masked_row(self.policy, viewer, row) for row in part.rows)
            yield from (event for event in documents if event is not None)
            if part.older is None:
                return
            before = part.older

    def _visible_events(self, viewer: Viewer, events: list[StoredEvent]) -> list[dict[str, Any]]:
        documents = (masked(self.policy, viewer, event) for event in events)
        return [event for event in documents if event is not None]


def key_of(event: dict[str, Any]) -> EventKey:
    """Which event a document tells of."""
    return EventKey(UUID(event["id"]), event["scope"])


def _counted_time(question: Question, longest: timedelta) -> tuple[datetime, datetime]:
    """The newest part of a question's time, at most *longest*; without an end, up to an hour from now."""
    # an hour: events of a clock that is ahead are stored, and appear on the first page
    until = question.until or datetime.now(UTC) + timedelta(hours=1)
    earliest = max(until - longest, EPOCH)
    return min(max(question.since or earliest, earliest), until), until
