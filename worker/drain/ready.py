"""Events that only have to be written: their rows, and what is counted of them.

The events themselves are let go as soon as their rows are made. Kept until the commit, those of a
batch fill the cache of a core several times over, and making and forgetting one takes longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from trailkeeper.models.counting import Key
from trailkeeper.models.writing import Row

from .derive import Ids
from .messages import Accepted, Message
from .numbers import of_events, of_voids
from .rows import rows_of

AT_ONCE = 250
"""Messages that are judged and made rows of together: few enough to stay in the processor's cache."""


def parts_of(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Messages in their order, so many at once."""
    for begin in range(0, len(messages), AT_ONCE):
        yield messages[begin : begin + AT_ONCE]


class Ready:
    """Rows of a transaction.

    Attributes:
        rows: as `models.writing.insert` takes them.
        numbers: of the events, as tallies that are true if none of them was there before.
        voids: of the numbers that they report as void.
        moments: when each of them occurred.
    """

    __slots__ = ("moments", "numbers", "rows", "voids")

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.numbers: dict[Key, list[int]] = {}
        self.voids: dict[Key, list[int]] = {}
        self.moments: list[datetime] = []

    def add(self, accepted: Sequence[Accepted], derived: Sequence[Ids], producers: Mapping[str, int]) -> None:
        """Make rows of events.

        Args:
            accepted: the events.
            derived: (location id, client id) of each.
            producers: ids of those that numbered any of them, by their names.
        """
        self.rows += rows_of(accepted, derived, producers)
        self.moments += [each.event.occurred_at for each in accepted]
        _count(self.numbers, of_events(accepted, producers))
        _count(self.voids, of_voids(accepted, producers))


def _count(tallies: dict[Key, list[int]], more: Mapping[Key, list[int]]) -> None:
    for key, numbers in more.items():
        tallies.setdefault(key, []).extend(numbers)
