"""A live tail: each event once, including those that were stored out of order.

Ids are ordered by when events occurred, and events are stored by several drains
at once. So each poll goes back a little before the newest event known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from trailkeeper.models.histories import MAX_LIMIT, Cursor, EventKey, Question
from trailkeeper.models.histories.event_key import AFTER_ALL, newer_than
from trailkeeper.models.partitions import id_floor
from trailkeeper.producer.ids import moment_of

from .reading import Reader, key_of
from .viewer import Viewer

OVERLAP = timedelta(seconds=10)
"""How much later than others an event may be stored and still be seen."""


class Tail:
    """One viewer's tail of one history. Not for several threads at once.

    Args:
        reader: where events come from.
        viewer: for whom.
        question: which history; its filters apply.
        since: the newest event that is known already; without it, everything stored so far is.

    Raises:
        NotFound: the history is not the viewer's to see.
        ValueError: *since* is no event's id.
        StoreError: the database does not answer.
    """

    def __init__(
        self, reader: Reader, viewer: Viewer, question: Question, since: Cursor | None = None
    ) -> None:
        self._reader, self._viewer, self._question = reader, viewer, question
        self._known: set[EventKey] = set()
        self._newest = newer_than(since) or EventKey(id_floor(datetime.now(UTC)), AFTER_ALL)
        for event in self._after(self._floor()):
            if since is not None and key_of(event) > self._newest:
                break
            self._remember(event)

    def poll(self, most: int = MAX_LIMIT) -> list[dict[str, Any]]:
        """What was stored since the last poll, oldest first; anything beyond *most* comes with the next one.

        Raises:
            StoreError: the database does not answer; nothing is lost, poll again.
        """
        floor = self._floor()
        self._known = {key for key in self._known if key.id > floor}
        unknown = (event for event in self._after(floor) if key_of(event) not in self._known)
        events = list(islice(unknown, most))
        for event in events:
            self._remember(event)
        return events

    def _after(self, place: Cursor) -> Iterator[dict[str, Any]]:
        while True:
            page = self._reader.newer_than(self._viewer, self._question, place, MAX_LIMIT)
            yield from page
            if len(page) < MAX_LIMIT:
                return
            place = key_of(page[-1])

    def _floor(self) -> UUID:
        """Where to begin: never in the future, so that an event of a fast clock hides no others."""
        try:
            return id_floor(min(moment_of(self._newest.id), datetime.now(UTC)) - OVERLAP)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{self._newest.id} is no event's id; expected a UUIDv7") from error

    def _remember(self, event: dict[str, Any]) -> None:
        key = key_of(event)
        self._known.add(key)
        self._newest = max(self._newest, key)
