"""How many events there were over time, as bars of an inline SVG: geometry; colours are the style sheet's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from trailkeeper.producer.counted import counted
from trailkeeper.views.reading import Activity

HEIGHT = 100
STEP = 10
GAP = 2
LOWEST = 2  # a bar of one event beside one of thousands can still be seen
MOST_BARS = 400
TICKS = 4

Link = Callable[[datetime, datetime], str]


@dataclass(frozen=True)
class Bar:
    """One interval of time; lengths in units of the view box."""

    name: str
    text: str
    tick: str
    start: datetime
    end: datetime
    total: int
    href: str
    x: int
    left: float
    width: int
    y: float
    height: float
    step: int = STEP


@dataclass(frozen=True)
class Chart:
    """All of them, oldest first."""

    bars: list[Bar]
    summary: str
    ticks: list[Bar]
    unit: str
    width: int
    height: int = HEIGHT


def chart(activity: Activity, width: timedelta, link: Link) -> Chart | None:
    """Bars for every interval from the first to the last, empty ones too; None where there are no events.

    Args:
        activity: what was counted.
        width: of an interval.
        link: from both ends of an interval to the address of its events.
    """
    if not activity.counts:
        return None
    by_start = {count.start: count.events for count in activity.counts}
    starts = _starts(activity, width)
    highest = max(by_start.values())
    names = _names(width)
    bars = [
        _bar(
            place,
            _Interval(start, start + width, names(start), by_start.get(start, 0)),
            highest,
            link(start, start + width),
        )
        for place, start in enumerate(starts)
    ]
    total = sum(by_start.values())
    begun = "" if activity.complete else "the newest "
    summary = f"{begun}{counted(total, 'event')} {_span(starts, width)}, at most {highest:,} in one"
    return Chart(
        bars, summary, _ticks(bars), "Day" if width >= timedelta(days=1) else "Hour", STEP * len(bars)
    )


def _starts(activity: Activity, width: timedelta) -> list[datetime]:
    last = max(activity.counts[0].start, _floor(activity.until - timedelta(hours=1), width))
    first = _floor(activity.since, width)
    number = min(MOST_BARS, (last - first) // width + 1)
    return [last - width * back for back in reversed(range(number))]


def _floor(moment: datetime, width: timedelta) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + (moment - day) // width * width


class _Interval(NamedTuple):
    start: datetime
    end: datetime
    name: str
    total: int


def _bar(place: int, interval: _Interval, highest: int, href: str) -> Bar:
    height = round(max(LOWEST, HEIGHT * interval.total / highest), 2) if interval.total else 0.0
    return Bar(
        name=interval.name,
        text=f"{interval.name}: {counted(interval.total, 'event')}",
        tick=f"{interval.start.day} {interval.start:%b}",
        start=interval.start,
        end=interval.end,
        total=interval.total,
        href=href,
        x=place * STEP,
        left=place * STEP + GAP / 2,
        width=STEP - GAP,
        y=round(HEIGHT - height, 2),
        height=height,
    )


def _names(width: timedelta) -> Callable[[datetime], str]:
    if width >= timedelta(days=1):
        return lambda start: f"{start.day} {start:%b %Y}"
    return lambda start: f"{start.day} {start:%b}, {start:%H:%M}"


def _span(starts: list[datetime], width: timedelta) -> str:
    unit = "day" if width >= timedelta(days=1) else "hour"
    return f"in {counted(len(starts), unit)}"


def _ticks(bars: list[Bar]) -> list[Bar]:
    """Some bars, evenly spread."""
    places = {round(part * (len(bars) - 1) / (TICKS - 1)) for part in range(TICKS)}
    return [bars[place] for place in sorted(places)]
