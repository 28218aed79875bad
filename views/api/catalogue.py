"""Single events, and the event types that there are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from trailkeeper.producer.catalogue import EventType
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import CurrentViewer
from trailkeeper.views.documents.events import EventDocument, EventTypesDocument, Scope
from trailkeeper.views.documents.problems import PROBLEMS, READING
from trailkeeper.views.history_request import events_with_id
from trailkeeper.views.problems import Problem
from trailkeeper.views.reading import key_of
from trailkeeper.views.replica_age import age_headers

from .answers import json_answer

router = APIRouter(tags=["events"])


@router.get(
    "/events/{scope}/{id}",
    summary="One event",
    response_model=EventDocument,
    responses=READING,
    operation_id="get_event",
)
def event(request: Request, viewer: CurrentViewer, scope: Scope, id: UUID) -> Response:  # noqa: A002 - the name in the path
    """One event by its scope and id."""
    as_of = app_state_of(request).replica_age.as_of(viewer)
    return json_answer(events_with_id(request, viewer, id, scope)[0], age_headers(as_of))


@router.get(
    "/events/{id}",
    summary="The event with an id",
    response_model=EventDocument,
    responses=READING | {409: PROBLEMS[409]},
    operation_id="get_event_by_id",
)
def event_by_id(request: Request, viewer: CurrentViewer, id: UUID) -> Response:  # noqa: A002 - the name in the path
    """As a rule one event has an id. Where events of several scopes have it, the answer names them all."""
    documents = events_with_id(request, viewer, id)
    if len(documents) > 1:
        addresses = [f"/events/{key_of(document)}" for document in documents]
        errors = [{"field": "id", "problem": address} for address in addresses]
        raise Problem(409, f"several events have this id: {', '.join(addresses)}", errors=errors)
    return json_answer(documents[0])


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
