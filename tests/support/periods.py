"""Many periods at once."""

from __future__ import annotations

from datetime import datetime

from trailkeeper.models.periods import Period, period_of


def periods_between(scope: str, first: datetime, last: datetime) -> list[Period]:
    """Every period from the one *first* falls in to the one *last* falls in, both included, in order."""
    periods, end = [period_of(scope, first)], period_of(scope, last)
    while periods[-1] != end:
        periods.append(periods[-1].next())
    return periods
