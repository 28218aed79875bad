"""How many events, when and from where: of the newest ones, never of all there are.

A history may hold millions, and a picture of it is no reason to read them. So
counting stops at a number of events, and says how far back it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Interval, func, literal, select

from trailkeeper.models.tables import LocationRow

from .question import Question
from .visible import EVERYTHING, Visible
from .walk import of_page, ordered_rows

MOST_COUNTED = 20_000
MOST_PLACES = 200
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday


@dataclass(frozen=True)
class TimeCount:
    """How many events occurred in an interval of time."""

    start: datetime
    events: int


@dataclass(frozen=True)
class PlaceCount:
    """How many events came from a place."""

    display: str | None
    country: str | None
    country_code: str | None
    latitude: float | None
    longitude: float | None
    events: int


def count_by_time(
    connection: Connection,
    question: Question,
    width: timedelta,
    *,
    visible: Visible = EVERYTHING,
    most: int = MOST_COUNTED,
) -> list[TimeCount]:
    """The newest *most* events in intervals of equal length, newest first; empty ones are left out.

    Where there are more events, the oldest interval is incomplete: the sum is then *most*.

    Args:
        connection: to the database.
        question: whose history, and which part; its times bound what is read.
        width: of an interval; they begin at midnight UTC, or a part of the day after it.
        visible: what may be seen.
        most: the most events that are read.

    Raises:
        StoreError: the database is away, busy, or gave up at the statement time-out.
    """
    rows = ordered_rows(["id", "scope", "occurred_at"], question, most, visible=visible)
    start = func.date_bin(literal(width, Interval), of_page("occurred_at"), _EPOCH).label("start")
    statement = select(start, func.count()).select_from(rows).group_by(start).order_by(start.desc())
    return [TimeCount(*row) for row in connection.execute(statement).all()]


def count_by_place(
    connection: Connection,
    question: Question,
    *,
    visible: Visible = EVERYTHING,
    most: int = MOST_COUNTED,
) -> list[PlaceCount]:
    """Where the newest *most* events came from, the most frequent place first; unknown places are left out.

    Raises:
        StoreError: the database is away, busy, or gave up at the statement time-out.
    """
    rows = ordered_rows(["id", "scope", "location_id"], question, most, visible=visible)
    place = (
        LocationRow.display,
        LocationRow.country,
        LocationRow.country_code,
        LocationRow.latitude,
        LocationRow.longitude,
    )
    events = func.count().label("events")
    statement = (
        select(*place, events)
        .join(rows, of_page("location_id") == LocationRow.id)
        .where(LocationRow.display.is_not(None))
        .group_by(*place)
        .order_by(events.desc(), LocationRow.display)
        .limit(MOST_PLACES)
    )
    return [PlaceCount(*row) for row in connection.execute(statement).all()]
