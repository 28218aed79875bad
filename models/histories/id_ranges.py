"""Ranges of ids that are read one after another until a page is full.

Postgres plans for every partition that may hold a row, and for a page planning
costs more than reading. A busy history fills its page from the month in which it
begins; so that range is read first, by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement

from trailkeeper.models.periods import EPOCH, MILLISECOND, Period, id_floor, period_of
from trailkeeper.models.tables import EventRow

from .question import Question

SHORT = timedelta(days=7)
LONG = timedelta(days=120)
SHORTEST_PERIODS = "user"
"""The scope whose partitions are the shortest, so that a range never has just the tail of one."""


@dataclass(frozen=True)
class IdRange:
    """Ids from *low* on and below *high*; None where there is no bound.

    Attributes:
        is_short: it spans so few partitions that all of them may be opened at once.
    """

    low: UUID | None
    high: UUID | None
    is_short: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """Conditions on `EventRow`: its id is in the range."""
        low = [] if self.low is None else [EventRow.id >= self.low]
        return low if self.high is None else [*low, EventRow.id < self.high]


def id_ranges(
    question: Question, before: UUID | None, after: UUID | None, end: UUID | None = None
) -> list[IdRange]:
    """One to three ranges, in the order in which they fill a page; together they cover it.

    Args:
        question: its times bound what is read.
        before: where a page that goes back begins.
        after: where a page that goes on begins.
        end: an id at and after which there is no event, if known.
    """
    if question.event:
        return [IdRange(None, None, is_short=True)]
    return _backward(question, before, end) if after is None else _forward(question, after, end)


def merged(neighbours: Sequence[IdRange]) -> IdRange:
    """One range that spans neighbouring ones."""
    ends = (neighbours[0], neighbours[-1])
    return IdRange(
        low=None if any(end.low is None for end in ends) else min(end.low for end in ends if end.low),
        high=None if any(end.high is None for end in ends) else max(end.high for end in ends if end.high),
    )


def _backward(question: Question, before: UUID | None, end: UUID | None) -> list[IdRange]:
    now = datetime.now(UTC)
    begins = min(now, question.until or now, now if before is None else _moment(before, now))
    bounds = [id_floor(period.start) for period in _periods(begins, -SHORT, -LONG)]
    if question.since:
        bounds = [bound for bound in bounds if bound > id_floor(question.since)]
    return _pair([*bounds, None], [end, *bounds])


def _forward(question: Question, after: UUID, end: UUID | None) -> list[IdRange]:
    now = datetime.now(UTC)
    begins = max(_moment(after, now), min(question.since or EPOCH, now))
    ends = id_floor(min(now, question.until or now))
    bounds = [id_floor(period.end) for period in _periods(begins, SHORT, LONG)]
    bounds = [bound for bound in bounds if bound < ends]
    return _pair([None, *bounds], [*bounds, end])


def _pair(lows: list[UUID | None], highs: list[UUID | None]) -> list[IdRange]:
    pairs = enumerate(zip(lows, highs, strict=True))
    return [IdRange(low, high, is_short=number == 0) for number, (low, high) in pairs]


def _periods(begins: datetime, *steps: timedelta) -> list[Period]:
    """The periods reached by these steps, each from the end of the one before."""
    periods = []
    for step in steps:
        begins = max(begins + step, EPOCH)
        periods.append(period_of(SHORTEST_PERIODS, begins))
    return periods


def _moment(event_id: UUID, latest: datetime) -> datetime:
    """When an id was created, at most *latest*: an id from outside may have any time."""
    milliseconds = min(event_id.int >> 80, (latest - EPOCH) // MILLISECOND)
    return EPOCH + milliseconds * MILLISECOND
