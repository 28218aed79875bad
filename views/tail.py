"""A live tail: each event once, in the order in which events are stored, which no id and no time tells.

A tail knows a snapshot of the database, and asks for what the next one holds besides; see
`models.snapshots` and `models.stored_batches`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from trailkeeper.models.histories import MAX_LIMIT, EventKey, Question
from trailkeeper.models.snapshots import Snapshot

from .reading import Reader, key_of
from .viewer import Viewer


class TailPosition(NamedTuple):
    """How far a tail has come, as the ids of its messages say: see `positions`.

    Attributes:
        newest: the newest event so far; None if there was none.
        seen: what was stored when all up to here had been sent; None if only an event is known.
    """

    newest: EventKey | None
    seen: Snapshot | None


class Tailed(NamedTuple):
    """An event, and the position of whoever has read it."""

    event: dict[str, Any]
    position: TailPosition


class Tail:
    """One viewer's tail of one history. Not for several threads at once.

    Args:
        reader: where events come from.
        viewer: for whom.
        question: which history; its filters apply.
        since: how far the client has come already; without it, everything stored so far is known.

    Raises:
        NotFound: the history is not the viewer's to see.
        StoreError: the database does not answer.
    """

    def __init__(
        self, reader: Reader, viewer: Viewer, question: Question, since: TailPosition | None = None
    ) -> None:
        self._reader, self._viewer, self._question = reader, viewer, question
        reader.refuse_unasked(viewer, question)
        now = reader.snapshot()
        self._newest, seen = since or TailPosition(None, now)
        follows = seen is not None and (seen is now or reader.can_follow(seen, now))
        self._seen = seen if seen is not None and follows else now
        self._catching_up = None if follows else self._newest
        self._caught_up: set[EventKey] = set()
        self._until: Snapshot | None = None
        self._note = 0

    @property
    def is_behind(self) -> bool:
        """Whether the next poll probably has more."""
        return self._catching_up is not None or self._until is not None

    def poll(self) -> list[Tailed]:
        """Some of what was stored since the last poll, oldest first.

        A message's position is that of the whole poll once it is the last one: whoever comes back after
        an earlier one gets the others again.

        Raises:
            StoreError: the database does not answer; nothing is lost, poll again.
        """
        if self._catching_up is not None:
            return self._catch_up(self._catching_up)
        found = self._reader.stored_between(self._viewer, self._question, self._seen, self._until, self._note)
        before, fresh = self._seen, [event for event in found.events if key_of(event) not in self._caught_up]
        if found.last is not None:
            self._until, self._note = found.until, found.last
        else:
            self._until, self._note = None, 0
            if found.until != self._seen:
                self._seen, self._caught_up = found.until, set()
        return self._tailed(fresh, before, self._seen)

    def _catch_up(self, place: EventKey) -> list[Tailed]:
        """Newer events than one, for a client that names just that."""
        events = self._reader.newer_than(self._viewer, self._question, place, MAX_LIMIT)
        self._caught_up.update(map(key_of, events))
        self._catching_up = key_of(events[-1]) if len(events) == MAX_LIMIT else None
        return self._tailed(events, None, None if self.is_behind else self._seen)

    def _tailed(
        self, events: list[dict[str, Any]], before: Snapshot | None, after: Snapshot | None
    ) -> list[Tailed]:
        tailed = []
        for event in events:
            self._newest = max(self._newest or key_of(event), key_of(event))
            tailed.append(Tailed(event, TailPosition(self._newest, before)))
        if tailed:
            tailed[-1] = Tailed(tailed[-1].event, TailPosition(self._newest, after))
        return tailed
