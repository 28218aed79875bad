"""Backfills over the API, for admins: watched, looked at beforehand, started, paused, resumed, cancelled."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from trailkeeper.models.backfills import StoredBackfill, find, newest
from trailkeeper.models.backfills.letters import kept_of, stream_of
from trailkeeper.models.engine import transaction
from trailkeeper.views.auth import Administering, Commanding
from trailkeeper.views.errors import NotFound
from trailkeeper.views.parts import parts_of

from .admin_documents import Action, BackfillDocument, BackfillsDocument, OrderDocument
from .answers import json_answer
from .commands import ACTIONS, LARGEST_BACKFILL, Asked
from .orders import ORDERED, IdempotencyKey, answer
from .responses import READING

router = APIRouter(tags=["administration"])

Id = Annotated[int, Path(ge=1, le=LARGEST_BACKFILL)]
Before = Annotated[
    int | None, Query(ge=1, le=LARGEST_BACKFILL, description="Only those older than this one.")
]
Limit = Annotated[int, Query(ge=1, le=200, description="The most.")]
Which = Annotated[Asked, Body()]


@router.get("/backfills", summary="Backfills", response_model=BackfillsDocument, responses=READING)
def listed(request: Request, _viewer: Administering, limit: Limit = 50, before: Before = None) -> Response:
    """Backfills of every kind, newest first."""
    with transaction(parts_of(request).engine) as connection:
        found = newest(connection, limit=limit + 1, before=before)
        shown = [document(job, _rejected(connection, job)) for job in found[:limit]]
    return json_answer({"backfills": shown, "older": found[limit - 1].id if len(found) > limit else None})


@router.get(
    "/backfills/{id:int}",
    summary="One backfill",
    response_model=BackfillDocument,
    responses=READING,
    operation_id="get_backfill",
)
def one(request: Request, _viewer: Administering, id: Id) -> Response:  # noqa: A002 - the name in the path
    """How far it is, and of an import, what could not be stored."""
    with transaction(parts_of(request).engine) as connection:
        job = find(connection, id)
        if job is None:
            raise NotFound(f"no backfill has the id {id}")
        return json_answer(document(job, _rejected(connection, job)))


@router.post(
    "/backfills/preview",
    summary="What a backfill would do",
    response_model=OrderDocument,
    responses=ORDERED,
)
def preview(
    request: Request, viewer: Commanding, asked: Which, idempotency_key: IdempotencyKey = None
) -> Response:
    """Counts, examples and about how long it would take; changes nothing. A worker looks for some seconds."""
    return answer(request, viewer, f"preview_{ACTIONS[asked.kind]}", asked.given(), idempotency_key)


@router.post("/backfills", summary="Start a backfill", response_model=OrderDocument, responses=ORDERED)
def start(
    request: Request, viewer: Commanding, asked: Which, idempotency_key: IdempotencyKey = None
) -> Response:
    """Of the kinds `enrich` and `dead_letters`; an import needs a file, and begins on the command line."""
    return answer(request, viewer, ACTIONS[asked.kind], asked.given(), idempotency_key)


@router.post(
    "/backfills/{id:int}/{action}",
    summary="Pause, resume or cancel a backfill",
    operation_id="change_backfill",
    response_model=OrderDocument,
    responses=ORDERED,
)
def change(
    request: Request,
    viewer: Commanding,
    id: Id,  # noqa: A002 - the name in the path
    action: Action,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """After the chunk under way; what was done stays. Of any kind, imports among them."""
    return answer(request, viewer, action, {"backfill_id": id}, idempotency_key)


def document(job: StoredBackfill, rejected: dict[str, int]) -> dict[str, Any]:
    """A backfill as JSON: as the command writes it, and what may be done with it."""
    return job.as_json() | {"may": job.may, "rejected_by_reason": rejected}


def _rejected(connection: Connection, job: StoredBackfill) -> dict[str, int]:
    return kept_of(connection, stream_of(job.digest), 0)[0] if job.digest and job.rejected else {}
