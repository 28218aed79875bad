"""Single events, and the event types that there are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from trailkeeper.models.histories import Question
from trailkeeper.producer.catalogue import EventType
from trailkeeper.views.access_events import record_view
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import CurrentViewer
from trailkeeper.views.documents.events import EventDocument, EventTypesDocument
from trailkeeper.views.documents.problems import PROBLEMS, READING
from trailkeeper.views.errors import NotFound

from .answers import json_answer

router = APIRouter(tags=["events"])


@router.get(
    "/events/{id}",
    summary="One event",
    response_model=EventDocument,
    responses=READING,
    operation_id="get_event",
)
def event(request: Request, viewer: CurrentViewer, id: UUID) -> Response:  # noqa: A002 - the name in the path
    """One event by its id."""
    record_view(viewer, Question(event=id), request=request)
    document = app_state_of(request).reader.event(viewer, id)
    if document is None:
        raise NotFound(f"there is no event {id}")
    return json_answer(document)


@router.get(
    "/event-types",
    summary="The event types",
    response_model=EventTypesDocument,
    responses={status: PROBLEMS[status] for status in (401, 414)},
)
def event_types(request: Request, viewer: CurrentViewer) -> Response:
    """The catalogue, by tag. Types that only administrators see are listed for them alone."""
    kinds = sorted(app_state_of(request).reader.policy.catalogue, key=lambda kind: kind.tag)
    return json_answer({"event_types": [_document(kind) for kind in kinds if kind.audience or viewer.staff]})


def _document(kind: EventType) -> dict[str, Any]:
    return {
        "tag": kind.tag,
        "scope": kind.scope,
        "group": kind.group,
        "sentence": kind.sentence,
        "payload": kind.payload,
        "private": kind.private,
        "audience": kind.audience,
        "retention_days": kind.retention_days,
        "aliases": kind.aliases,
    }
