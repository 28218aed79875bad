"""The two pictures of a history: bars over time, dots on the globe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.models.histories import PlaceCount
from trailkeeper.models.histories.counts import TimeCount
from trailkeeper.views.pages.chart import HEIGHT, LOWEST, chart
from trailkeeper.views.pages.world import HIGH, WIDE, atlas, project, spot
from trailkeeper.views.reading import Activity

NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
MIDNIGHT = NOON.replace(hour=0)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def _activity(*counts: tuple[int, int], complete: bool = True) -> Activity:
    """From days ago to events, newest first."""
    found = [TimeCount(MIDNIGHT - ago * DAY, events) for ago, events in counts]
    return Activity(found, MIDNIGHT - 5 * DAY, NOON, complete)


def _link(start: datetime, end: datetime) -> str:
    return f"{start:%d}-{end:%d}"


def test_every_day_has_a_bar_and_empty_ones_have_no_height() -> None:
    drawn = chart(_activity((0, 4), (3, 1)), DAY, _link)

    assert drawn is not None
    assert [bar.total for bar in drawn.bars] == [0, 0, 1, 0, 0, 4]
    assert [bar.height for bar in drawn.bars] == [0, 0, HEIGHT / 4, 0, 0, HEIGHT]
    assert [bar.y + bar.height for bar in drawn.bars] == [HEIGHT] * 6
    assert drawn.bars[2].href == "12-13"
    assert drawn.bars[2].text == "12 Nov 2026: 1 event"
    assert drawn.summary == "5 events in 6 days, at most 4 in one"


def test_one_event_beside_thousands_can_still_be_seen() -> None:
    drawn = chart(_activity((0, 19_000), (1, 1)), DAY, _link)

    assert drawn is not None
    assert drawn.bars[-2].height == LOWEST


def test_a_count_that_was_cut_short_says_so() -> None:
    drawn = chart(_activity((0, 4), complete=False), DAY, _link)

    assert drawn is not None
    assert drawn.summary == "the newest 4 events in 6 days, at most 4 in one"


def test_hours_are_named_as_hours() -> None:
    activity = Activity([TimeCount(NOON, 2)], NOON - 2 * HOUR, NOON + HOUR, complete=True)
    drawn = chart(activity, HOUR, _link)

    assert drawn is not None
    assert [bar.name for bar in drawn.bars] == [
        "15 Nov, 10:00",
        "15 Nov, 11:00",
        "15 Nov, 12:00",
    ]
    assert drawn.unit == "Hour"


def test_where_nothing_happened_there_is_no_picture() -> None:
    assert chart(_activity(), DAY, _link) is None
    assert atlas([], str) is None
    assert spot(None, None, "") is None


@pytest.mark.parametrize(
    ("longitude", "latitude", "x", "y"),
    [(0, 0, 0, 0), (180, 0, WIDE, 0), (-180, 0, -WIDE, 0), (0, 90, 0, -HIGH), (0, -90, 0, HIGH)],
)
def test_the_globes_corners_are_where_the_projection_has_them(
    longitude: float, latitude: float, x: float, y: float
) -> None:
    assert project(longitude, latitude) == pytest.approx((x, y), abs=0.05)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_every_place_lies_on_the_map(longitude: float, latitude: float) -> None:
    x, y = project(longitude, latitude)

    assert abs(x) <= WIDE + 0.01
    assert abs(y) <= HIGH + 0.01


def _place(city: str, code: str, events: int) -> PlaceCount:
    return PlaceCount(f"{city}, {code}", f"Land {code}", code, 10.0, 20.0, events)


def test_countries_are_added_up_and_the_rest_is_told() -> None:
    places = [_place("a", "A", 5), *(_place("x", letter, 3) for letter in "BCDEFGH"), _place("b", "A", 1)]
    drawn = atlas(places, lambda code: f"?country={code}")

    assert drawn is not None
    assert [(bar.name, bar.count, bar.href) for bar in (drawn.bars[0], drawn.bars[-1])] == [
        ("Land A", 6, "?country=A"),
        ("Elsewhere", 9, None),
    ]
    assert drawn.bars[1].share == 50
    assert drawn.summary == "9 places in 8 countries"
    assert len(drawn.dots) == 9
