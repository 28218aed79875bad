"""Backfills over the API, for admins: list, look, preview, start, pause, resume, cancel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from trailkeeper.models.backfills import StoredBackfill
from trailkeeper.models.engine import transaction
from trailkeeper.views.admin_reads import read_backfill, read_backfills, rejected_lines
from trailkeeper.views.admin_requests import ACTIONS, MAX_BACKFILL, BackfillRequest
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer, CommandingAdmin
from trailkeeper.views.documents.admin import Action, BackfillDocument, BackfillsDocument, CommandDocument
from trailkeeper.views.documents.problems import READING

from .admin_commands import COMMANDED, IdempotencyKey, command_answer
from .answers import json_answer

router = APIRouter(tags=["administration"])

Id = Annotated[int, Path(ge=1, le=MAX_BACKFILL)]
Before = Annotated[int | None, Query(ge=1, le=MAX_BACKFILL, description="Only those older than this one.")]
Limit = Annotated[int, Query(ge=1, le=200, description="The most.")]
Wanted = Annotated[BackfillRequest, Body()]


@router.get("/backfills", summary="Backfills", response_model=BackfillsDocument, responses=READING)
def list_backfills(
    request: Request, _viewer: AdminViewer, limit: Limit = 50, before: Before = None
) -> Response:
    """Backfills of every kind, newest first."""
    with transaction(app_state_of(request).engine) as connection:
        page = read_backfills(connection, limit=limit, before=before)
        documents = [_document(connection, backfill) for backfill in page.backfills]
    return json_answer({"backfills": documents, "older": page.older})


@router.get(
    "/backfills/{id:int}",
    summary="One backfill",
    response_model=BackfillDocument,
    responses=READING,
    operation_id="get_backfill",
)
def get_backfill(request: Request, _viewer: AdminViewer, id: Id) -> Response:  # noqa: A002 - the name in the path
    """How far it is; of an import, also what could not be stored."""
    with transaction(app_state_of(request).engine) as connection:
        return json_answer(_document(connection, read_backfill(connection, id)))


@router.post(
    "/backfills/preview",
    summary="What a backfill would do",
    response_model=CommandDocument,
    responses=COMMANDED,
)
def preview(
    request: Request, viewer: CommandingAdmin, body: Wanted, idempotency_key: IdempotencyKey = None
) -> Response:
    """Counts, examples and an estimate of the time, from a few seconds of reading; nothing is changed."""
    action = f"preview_{ACTIONS[body.kind]}"
    return command_answer(request, viewer, action, body.arguments(), idempotency_key)


@router.post("/backfills", summary="Start a backfill", response_model=CommandDocument, responses=COMMANDED)
def start(
    request: Request, viewer: CommandingAdmin, body: Wanted, idempotency_key: IdempotencyKey = None
) -> Response:
    """Of the kinds `enrich` and `dead_letters`; an import needs a file, so it starts on the command line."""
    return command_answer(request, viewer, ACTIONS[body.kind], body.arguments(), idempotency_key)


@router.post(
    "/backfills/{id:int}/{action}",
    summary="Pause, resume or cancel a backfill",
    operation_id="change_backfill",
    response_model=CommandDocument,
    responses=COMMANDED,
)
def change(
    request: Request,
    viewer: CommandingAdmin,
    id: Id,  # noqa: A002 - the name in the path
    action: Action,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Takes effect after the chunk that is running; what was done stays. Works for every kind."""
    return command_answer(request, viewer, action, {"backfill_id": id}, idempotency_key)


def _document(connection: Connection, backfill: StoredBackfill) -> dict[str, Any]:
    """A backfill as the command line writes it, and what may be done with it."""
    rejected = rejected_lines(connection, backfill, sample=0)
    return backfill.as_json() | {"may": backfill.may, "rejected_by_reason": rejected[0] if rejected else {}}
