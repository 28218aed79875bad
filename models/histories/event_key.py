"""Which event: its scope and its id.

An id alone names no event. Ids are public in public histories, and whoever can write to the stream can
use one again in another scope; everything that reads, pages, links or remembers events uses the key, so
that no event hides another.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from trailkeeper.models.tables import SCOPES

BEFORE_ALL, AFTER_ALL = "", "~"
"""In place of a scope: before, or after, the events of every scope with this id."""


class EventKey(NamedTuple):
    """An event, and its place in a history: ordered by id, then by scope."""

    id: UUID
    scope: str

    def __str__(self) -> str:
        """As addresses and `Last-Event-ID` have it: ``user/01934c1f-…``."""
        return f"{self.scope}/{self.id}"

    @classmethod
    def parse(cls, text: str, every: str = AFTER_ALL) -> EventKey:
        """Read what `__str__` wrote, or an id alone, which stands for its events of *every* scope.

        Raises:
            ValueError: it is neither.
        """
        scope, slash, identity = text.rpartition("/")
        if slash and scope not in SCOPES:
            raise ValueError(f"scope is {scope[:40]!r}; expected one of {', '.join(SCOPES)}")
        return cls(UUID(identity), scope if slash else every)


Cursor = EventKey | UUID
"""Before or after which event a page begins. An id alone stands for its events of every scope."""


def older_than(cursor: Cursor | None) -> EventKey | None:
    """Where a page of older events begins."""
    return EventKey(cursor, BEFORE_ALL) if isinstance(cursor, UUID) else cursor


def newer_than(cursor: Cursor | None) -> EventKey | None:
    """Where a page of newer events begins."""
    return EventKey(cursor, AFTER_ALL) if isinstance(cursor, UUID) else cursor
