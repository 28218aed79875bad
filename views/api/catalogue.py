"""What may be found in histories: single events, and the types that there are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from trailkeeper.models.histories import Question
from trailkeeper.producer.catalogue import EventType
from trailkeeper.views.auth import Asking
from trailkeeper.views.errors import NotFound
from trailkeeper.views.parts import parts_of
from trailkeeper.views.watched import record_view

from .answers import json_answer
from .documents import EventDocument, EventTypesDocument
from .responses import PROBLEMS, READING

router = APIRouter(tags=["events"])


@router.get(
    "/events/{id}",
    summary="One event",
    response_model=EventDocument,
    responses=READING,
    operation_id="get_event",
)
def event(request: Request, viewer: Asking, id: UUID) -> Response:  # noqa: A002 - the name in the path
    """One event by its id."""
    record_view(viewer, Question(event=id), request=request)
    found = parts_of(request).reader.event(viewer, id)
    if found is None:
        raise NotFound(f"there is no such event: {id}")
    return json_answer(found)


@router.get(
    "/event-types",
    summary="The event types",
    response_model=EventTypesDocument,
    responses={status: PROBLEMS[status] for status in (401, 414)},
)
def event_types(request: Request, viewer: Asking) -> Response:
    """The catalogue, by tag. What only administrators see anything of is shown to them alone."""
    kinds = sorted(parts_of(request).reader.policy.catalogue, key=lambda kind: kind.tag)
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
