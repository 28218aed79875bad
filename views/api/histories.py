"""Histories: pages, counts, exports and live tails of users, projects, organizations and all."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from trailkeeper.views.auth import Asking
from trailkeeper.views.problems import Problem
from trailkeeper.views.tail import Tail
from trailkeeper.views.watched import record_export, record_view

from . import tail as tails
from .answers import json_answer, page_answer, place_of
from .asked import Asked, asked
from .documents import ActivityDocument, PageDocument, PlacesDocument
from .export import ExportFilters, Held, export_answer
from .filters import Filters, PageFilters
from .responses import PROBLEMS, READING, Responses
from .subjects import HISTORIES, Subject, Whose

BUSY: Responses = READING | {429: PROBLEMS[429]}
TEXT = {"schema": {"type": "string"}}
FILE: Responses = {
    200: {"description": "The file.", "content": {"application/x-ndjson": TEXT, "text/csv": TEXT}}
}
SENT: Responses = {200: {"description": "Server-sent events.", "content": {tails.MEDIA_TYPE: TEXT}}}


class ActivityFilters(Filters):
    """What is counted, and in which stretches of time."""

    width: Literal["hour", "day"] = Field(default="day", description="Hours of a week, days of a year.")


def histories() -> APIRouter:
    """The endpoints of every kind of history."""
    router = APIRouter(tags=["histories"])
    looks = tails.Looks()
    for whose in HISTORIES:
        _add_page(router, whose)
        _add_activity(router, whose)
        _add_places(router, whose)
        _add_export(router, whose)
        _add_tail(router, whose, looks)
    return router


def _add_page(router: APIRouter, whose: Whose) -> None:
    @router.get(
        f"{whose.path}/events",
        summary=f"Events of {whose.title}",
        response_model=PageDocument,
        responses=READING,
    )
    def page(
        request: Request,
        viewer: Asking,
        filters: Annotated[PageFilters, Query()],
        subject: Subject = Depends(whose.subject),  # noqa: B008, FAST002 - of this call, which no hint can name
    ) -> Response:
        """The newest events, or those next to a cursor; newest first."""
        ask = asked(request, viewer, filters, subject)
        cursors = ask.parts.cursors
        place = place_of(cursors, ask.question, filters.cursor)
        record_view(viewer, ask.question, request=request)
        found = ask.parts.reader.page(viewer, ask.question, limit=filters.limit, **place)
        if not found.events and not place:
            ask.refuse_unknown()
        return page_answer(request, cursors, ask.question, found)


def _add_activity(router: APIRouter, whose: Whose) -> None:
    @router.get(
        f"{whose.path}/events/activity",
        summary=f"How many events of {whose.title}, over time",
        response_model=ActivityDocument,
        responses=READING,
    )
    def activity(
        request: Request,
        viewer: Asking,
        filters: Annotated[ActivityFilters, Query()],
        subject: Subject = Depends(whose.subject),  # noqa: B008, FAST002 - as above
    ) -> Response:
        """Counts by hour or day in UTC, newest first, without empty ones; of the newest 20,000 events."""
        ask = asked(request, viewer, filters, subject)
        found = ask.parts.reader.activity(viewer, ask.question, filters.width)
        if not found.counts:
            ask.refuse_unknown()
        return json_answer(found)


def _add_places(router: APIRouter, whose: Whose) -> None:
    @router.get(
        f"{whose.path}/events/places",
        summary=f"From where the events of {whose.title} came",
        response_model=PlacesDocument,
        responses=READING,
    )
    def places(
        request: Request,
        viewer: Asking,
        filters: Annotated[Filters, Query()],
        subject: Subject = Depends(whose.subject),  # noqa: B008, FAST002 - as above
    ) -> Response:
        """The most frequent place first, of events that the viewer sees in full; of the newest 20,000."""
        ask = asked(request, viewer, filters, subject)
        record_view(viewer, ask.question, request=request)
        found = ask.parts.reader.places(viewer, ask.question)
        if not found:
            ask.refuse_unknown()
        return json_answer({"places": found})


def _add_export(router: APIRouter, whose: Whose) -> None:
    @router.get(
        f"{whose.path}/events/export",
        summary=f"All events of {whose.title} as a file",
        response_class=StreamingResponse,
        responses=FILE | BUSY,
    )
    def export(
        request: Request,
        viewer: Asking,
        filters: Annotated[ExportFilters, Query()],
        subject: Subject = Depends(whose.subject),  # noqa: B008, FAST002 - as above
    ) -> Response:
        """Newest first. If the connection breaks off before its end, so did the export."""
        ask = asked(request, viewer, filters, subject)
        give_back = ask.parts.exports.take(ask.who(request))
        try:
            events = ask.parts.reader.export(viewer, ask.question)
            ask.refuse_unknown()
            record_export(viewer, ask.question, filters.format, request=request)
            return export_answer(events, filters.format, ask.question, give_back)
        except BaseException:
            give_back()
            raise


def _add_tail(router: APIRouter, whose: Whose, looks: tails.Looks) -> None:
    @router.get(
        f"{whose.path}/events/tail",
        summary=f"Events of {whose.title} as they are stored",
        response_class=StreamingResponse,
        responses=SENT | BUSY,
    )
    def tail(
        request: Request,
        viewer: Asking,
        filters: Annotated[Filters, Query()],
        last_event_id: Annotated[UUID | None, Header(description="Go on after this event.")] = None,
        subject: Subject = Depends(whose.subject),  # noqa: B008, FAST002 - as above
    ) -> Response:
        """Messages named `event`, each an event as JSON; `Last-Event-ID` goes on after one."""
        ask = asked(request, viewer, filters, subject)
        give_back = ask.parts.tails.take(ask.who(request))
        try:
            record_view(viewer, ask.question, request=request)
            found = _tail(ask, last_event_id)
            ask.refuse_unknown()
            sent = tails.messages(found, looks, last_event_id)
            return Held(sent, give_back, media_type=tails.MEDIA_TYPE, headers=tails.HEADERS)
        except BaseException:
            give_back()
            raise


def _tail(ask: Asked, since: UUID | None) -> Tail:
    try:
        return Tail(ask.parts.reader, ask.viewer, ask.question, since)
    except ValueError as error:
        raise Problem(422, f"Last-Event-ID: {error}") from error
