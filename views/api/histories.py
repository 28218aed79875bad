"""Histories: pages, counts, exports and live tails of users, projects, organizations and everything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from trailkeeper.models.histories import MAX_LIMIT
from trailkeeper.views.access_events import record_export, record_view
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import CurrentViewer, still_the_same
from trailkeeper.views.documents.events import ActivityDocument, PageDocument, PlacesDocument
from trailkeeper.views.documents.problems import PROBLEMS, READING, Responses
from trailkeeper.views.filters import HistoryFilters
from trailkeeper.views.history_request import HistoryRequest
from trailkeeper.views.limits import limited
from trailkeeper.views.replica_age import age_headers
from trailkeeper.views.tail_stream import MEDIA_TYPE, position, tail_response
from trailkeeper.views.viewer import Viewer

from .answers import json_answer, page_answer
from .export import Format, export_response
from .history_kinds import HISTORIES

DEFAULT_LIMIT = 50
LAST_EVENT = "Continue after the message with this id; or after an event, by its scope, a slash and its id."
LONGEST_POSITION = 2_300
BUSY: Responses = READING | {429: PROBLEMS[429]}
TEXT = {"schema": {"type": "string"}}
FILE: Responses = {
    200: {"description": "The file.", "content": {"application/x-ndjson": TEXT, "text/csv": TEXT}}
}
STREAM: Responses = {200: {"description": "Server-sent events.", "content": {MEDIA_TYPE: TEXT}}}


class PageFilters(HistoryFilters):
    """One page of the events that match."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="The most events.")
    cursor: str | None = Field(
        default=None, max_length=200, description="`older` or `newer` of another page of this very question."
    )


class ActivityFilters(HistoryFilters):
    """What is counted, and in intervals of which length."""

    width: Literal["hour", "day"] = Field(default="day", description="Hours of a week, or days of a year.")


class ExportFilters(HistoryFilters):
    """What is exported, and in which format."""

    format: Format = Field(default="jsonl", description="JSON Lines, or CSV for spreadsheets.")


def page(request: Request, viewer: CurrentViewer, filters: Annotated[PageFilters, Query()]) -> Response:
    """The newest events, or those beside a cursor; newest first."""
    ask = _asked(request, viewer, filters)
    return page_answer(ask, ask.read_page(limit=filters.limit, cursor=filters.cursor))


def activity(
    request: Request, viewer: CurrentViewer, filters: Annotated[ActivityFilters, Query()]
) -> Response:
    """Counts by hour or day in UTC, newest first, without empty ones; of the newest 20,000 events."""
    ask = _asked(request, viewer, filters)
    record_view(viewer, ask.question, request=request)
    counted = ask.state.reader.activity(viewer, ask.question, filters.width)
    if not counted.counts:
        ask.refuse_unknown()
    return json_answer(counted, age_headers(ask.as_of))


def places(request: Request, viewer: CurrentViewer, filters: Annotated[HistoryFilters, Query()]) -> Response:
    """The most frequent place first, of events that the viewer sees in full; of the newest 20,000."""
    ask = _asked(request, viewer, filters)
    record_view(viewer, ask.question, request=request)
    counted = ask.state.reader.places(viewer, ask.question)
    if not counted:
        ask.refuse_unknown()
    return json_answer({"places": counted}, age_headers(ask.as_of))


def export(request: Request, viewer: CurrentViewer, filters: Annotated[ExportFilters, Query()]) -> Response:
    """Newest first. If the connection drops before the end of the response, the export is incomplete."""
    ask = _asked(request, viewer, filters)

    def respond() -> StreamingResponse:
        events = ask.state.long_reader.export(viewer, ask.question)
        ask.refuse_unknown()
        record_export(viewer, ask.question, filters.format, request=request)
        still = partial(still_the_same, request, viewer)
        file = export_response(events, filters.format, ask.question, still)
        file.headers.update(age_headers(ask.as_of))
        return file

    return limited(ask.state.exports, ask.taker, respond)


def tail(
    request: Request,
    viewer: CurrentViewer,
    filters: Annotated[HistoryFilters, Query()],
    last_event_id: Annotated[str | None, Header(max_length=LONGEST_POSITION, description=LAST_EVENT)] = None,
) -> Response:
    """Messages named `event`, each with one event as JSON; `Last-Event-ID` continues after an event."""
    since = position(app_state_of(request).positions, last_event_id, "Last-Event-ID")
    return tail_response(_asked(request, viewer, filters), since)


def _asked(request: Request, viewer: Viewer, filters: HistoryFilters) -> HistoryRequest:
    question = filters.question(request.state.history)
    return HistoryRequest(request, app_state_of(request), viewer, question)


class _Endpoint(NamedTuple):
    path: str
    summary: str
    function: Callable[..., Response]
    options: dict[str, Any]


ENDPOINTS = (
    _Endpoint("", "Events of {}", page, {"response_model": PageDocument, "responses": READING}),
    _Endpoint(
        "/activity",
        "How many events of {}, over time",
        activity,
        {"response_model": ActivityDocument, "responses": READING},
    ),
    _Endpoint(
        "/places",
        "From where the events of {} came",
        places,
        {"response_model": PlacesDocument, "responses": READING},
    ),
    _Endpoint(
        "/export",
        "All events of {} as a file",
        export,
        {"response_class": StreamingResponse, "responses": FILE | BUSY},
    ),
    _Endpoint(
        "/tail",
        "Events of {} as they are stored",
        tail,
        {"response_class": StreamingResponse, "responses": STREAM | BUSY},
    ),
)


def histories() -> APIRouter:
    """The endpoints of every kind of history."""
    router = APIRouter(tags=["histories"])
    for kind in HISTORIES:
        for path, summary, function, options in ENDPOINTS:
            router.add_api_route(
                f"{kind.path}/events{path}",
                function,
                summary=summary.format(kind.title),
                dependencies=[Depends(kind.note_key)],
                **options,
            )
    return router
