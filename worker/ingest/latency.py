"""How long events took from the moment they occurred to their commit, as a histogram of a few integers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta

from trailkeeper.producer.stream_keys import LATENCY_BOUNDS, LATENCY_SUM, latency_field

MILLISECOND = timedelta(milliseconds=1)


def latencies(occurred: Sequence[datetime], now: datetime) -> dict[str, int]:
    """How many events took how long, by field of the totals; nothing for none.

    What occurred a little after *now*, by a clock that is ahead, took no time. What
    an import brings counts with its age, which is what it is.
    """
    if not occurred:
        return {}
    # ordered once, so that each bound costs a few comparisons and each event next to nothing
    moments = sorted(occurred)
    counts, later = {}, len(moments)
    for bound in LATENCY_BOUNDS:
        place = bisect_left(moments, now - timedelta(seconds=bound))
        counts[latency_field(bound)] = later - place
        later = place
    total = sum((now - moment for moment in moments), timedelta())
    counts |= {latency_field(None): later, LATENCY_SUM: max(0, total // MILLISECOND)}
    return {name: number for name, number in counts.items() if number}
