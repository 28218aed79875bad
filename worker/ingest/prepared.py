"""Messages that only have to be written: rows, what is counted of them, and what was rejected.

Events are let go as soon as their rows are made. Kept until the commit, those of a batch
fill the cache of a core several times over, and making and freeing one takes longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from trailkeeper.models.counting import CountKey
from trailkeeper.models.writing import CopyRow

from .fates import Report
from .messages import Accepted, IncomingMessage, Rejected
from .sequence_numbers import of_events, of_unused
from .stats import latencies

AT_ONCE = 250
"""Messages that are judged and made rows of together: few enough to stay in the processor's cache."""

Item = TypeVar("Item")


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Items in slices of `AT_ONCE`."""
    for begin in range(0, len(items), AT_ONCE):
        yield items[begin : begin + AT_ONCE]


def halves(items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]]:
    """Items in two parts, to find the one that causes an error."""
    middle = len(items) // 2
    return items[:middle], items[middle:]


class Prepared:
    """A batch of one transaction.

    Attributes:
        rows: as `models.writing.insert` takes them.
        messages: of each row, the message it was made of.
        occurred_at: when each row's event occurred.
        counts: the sequence numbers by what becomes of them; true if none of the rows was there before.
        producers: ids of all who numbered a message, by their names.
        rejected: messages that can never be stored.
        old_partitions: how many partitions of the past there may be for these to make another; None for any.
    """

    __slots__ = ("counts", "messages", "occurred_at", "old_partitions", "producers", "rejected", "rows")

    def __init__(
        self,
        rejected: Sequence[Rejected] = (),
        producers: Mapping[str, int] | None = None,
        old_partitions: int | None = None,
    ) -> None:
        self.old_partitions = old_partitions
        self.rows: list[CopyRow] = []
        self.messages: list[IncomingMessage] = []
        self.occurred_at: list[datetime] = []
        self.counts: dict[CountKey, list[int]] = {}
        self.producers: dict[str, int] = dict(producers or {})
        self.rejected: list[Rejected] = list(rejected)

    def add(
        self,
        accepted: Sequence[Accepted],
        rows: Sequence[CopyRow],
        rejected: Sequence[Rejected],
        producers: Mapping[str, int],
    ) -> None:
        """Add events with their rows, and rejected messages."""
        counts = of_events(accepted, producers) | of_unused(accepted, producers)
        self.rows += rows
        self.messages += [judged.message for judged in accepted]
        self.occurred_at += [judged.event.occurred_at for judged in accepted]
        self.rejected += rejected
        self.producers |= producers
        for key, numbers in counts.items():
            self.counts.setdefault(key, []).extend(numbers)

    def latencies(self, report: Report) -> dict[str, int]:
        """How long its events took until now, as fields of the totals.

        Nothing where some were stored before: it is not known which.
        """
        return latencies(self.occurred_at, datetime.now(UTC)) if report.stored == len(self.rows) else {}
