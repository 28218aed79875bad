"""The two pictures above a history: when, and from where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from trailkeeper.models.histories import Question
from trailkeeper.views.reading import LONGEST, WIDTHS, Reader, Width
from trailkeeper.views.viewer import Viewer

from .chart import Chart, chart
from .form import To
from .typed_filters import TypedFilters
from .world import Atlas, atlas

USUAL = timedelta(days=30)


@dataclass(frozen=True)
class Overview:
    """Either may be missing: if nothing happened, or no place is known."""

    chart: Chart | None
    atlas: Atlas | None


def overview(
    reader: Reader, viewer: Viewer, question: Question, filters: TypedFilters, to: To, *, where: bool
) -> Overview:
    """Both pictures of a question's time, or of the last 30 days.

    Args:
        reader: where events come from.
        viewer: for whom.
        question: whose history, and which part.
        filters: the same, as they stand in the address.
        to: from filters to an address.
        where: whether places are for this viewer at all.

    Raises:
        NotFound, StoreError: as `Reader.activity`.
    """
    recent = question if question.since else replace(question, since=_usual(question))
    width = _width(recent)
    activity = reader.activity(viewer, recent, width)

    def interval(start: datetime, end: datetime) -> str:
        return to(filters.plus(since=f"{start:%Y-%m-%dT%H:%M}", until=f"{end:%Y-%m-%dT%H:%M}"))

    places = reader.places(viewer, recent) if where else []
    return Overview(
        chart(activity, WIDTHS[width], interval),
        atlas(places, lambda code: to(filters.plus(country=code))),
    )


def _usual(question: Question) -> datetime:
    until = question.until or datetime.now(UTC)
    return (until - USUAL).replace(minute=0, second=0, microsecond=0)


def _width(question: Question) -> Width:
    until = question.until or datetime.now(UTC)
    return "hour" if question.since and until - question.since <= LONGEST["hour"] else "day"
