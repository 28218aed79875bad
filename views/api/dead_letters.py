"""Dead letters over the API, for admins: list, look, discard. A replay is a backfill."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from trailkeeper.models.status import StoredDeadLetter
from trailkeeper.views.admin_reads import read_dead_letter, read_dead_letters
from trailkeeper.views.admin_requests import MAX_DEAD_LETTER, DiscardRequest
from trailkeeper.views.auth import AdminViewer, CommandingAdmin
from trailkeeper.views.documents.admin import (
    CommandDocument,
    DeadLetterDocument,
    DeadLettersDocument,
    WholeDeadLetterDocument,
)
from trailkeeper.views.documents.problems import READING

from .admin_commands import COMMANDED, IdempotencyKey, command_answer
from .answers import json_answer

router = APIRouter(tags=["administration"])

Id = Annotated[int, Path(ge=1, le=MAX_DEAD_LETTER)]
Before = Annotated[int | None, Query(ge=1, le=MAX_DEAD_LETTER, description="Only those older than this one.")]
Limit = Annotated[int, Query(ge=1, le=200, description="The most.")]
Reason = Annotated[str | None, Query(max_length=100, description="Only those with this reason.")]
Stream = Annotated[
    str | None,
    Query(max_length=250, description="Only those of this stream, or of an import: `import:` and its file."),
]


@router.get("/dead-letters", summary="Dead letters", response_model=DeadLettersDocument, responses=READING)
def list_dead_letters(
    request: Request,
    viewer: AdminViewer,
    *,
    reason: Reason = None,
    stream: Stream = None,
    limit: Limit = 50,
    before: Before = None,
) -> Response:
    """Newest first, without their messages; and how many there are with each reason."""
    page = read_dead_letters(request, viewer, limit=limit, before=before, reason=reason, stream=stream)
    documents = list(map(_document, page.dead_letters))
    return json_answer({"counts": page.counts, "dead_letters": documents, "older": page.older})


@router.get(
    "/dead-letters/{id:int}",
    summary="One dead letter",
    response_model=WholeDeadLetterDocument,
    responses=READING,
    operation_id="get_dead_letter",
)
def get_dead_letter(request: Request, viewer: AdminViewer, id: Id) -> Response:  # noqa: A002 - the name in the path
    """One with its whole message."""
    row = read_dead_letter(request, viewer, id)
    return json_answer(_document(row) | _message(row.raw or b""))


@router.post(
    "/dead-letters/discard",
    summary="Discard dead letters",
    response_model=CommandDocument,
    responses=COMMANDED,
)
def discard(
    request: Request, viewer: CommandingAdmin, body: DiscardRequest, idempotency_key: IdempotencyKey = None
) -> Response:
    """For good: the messages are lost. If one of them does not exist, none is discarded."""
    return command_answer(request, viewer, "discard", body.arguments(), idempotency_key)


def _document(row: StoredDeadLetter) -> dict[str, Any]:
    return {name: getattr(row, name) for name in DeadLetterDocument.model_fields}


def _message(raw: bytes) -> dict[str, str | None]:
    try:
        return {"raw": raw.decode(), "raw_base64": None}
    except UnicodeDecodeError:
        return {"raw": None, "raw_base64": base64.b64encode(raw).decode()}
