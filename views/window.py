"""The range of time that may be counted at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from trailkeeper.models.histories import Question
from trailkeeper.models.periods import EPOCH


@dataclass(frozen=True)
class Window:
    """A question with both ends of its time set.

    Attributes:
        question: with *since* and *until*.
        since: its beginning.
        until: its end.
    """

    question: Question
    since: datetime
    until: datetime


def bounded(question: Question, longest: timedelta, now: datetime | None = None) -> Window:
    """The newest part of a question's time, at most *longest*; without an end, up to an hour from now."""
    # an hour: events of a clock that is ahead are stored, and appear on the first page
    until = question.until or (now or datetime.now(UTC)) + timedelta(hours=1)
    earliest = max(until - longest, EPOCH)
    since = max(question.since, earliest) if question.since else earliest
    since = min(since, until)
    return Window(replace(question, since=since, until=until), since, until)
