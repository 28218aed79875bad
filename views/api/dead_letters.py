"""Dead letters over the API, for admins: listed, shown, discarded. A replay is a backfill."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from trailkeeper.models.engine import transaction
from trailkeeper.models.status import StoredDeadLetter, dead_letter, dead_letter_counts, dead_letters
from trailkeeper.views.auth import Administering, Commanding
from trailkeeper.views.errors import NotFound
from trailkeeper.views.parts import parts_of

from .admin_documents import LetterDocument, LettersDocument, OrderDocument, WholeLetterDocument
from .answers import json_answer
from .commands import LARGEST_KEY, Discard
from .orders import ORDERED, IdempotencyKey, answer
from .responses import READING

router = APIRouter(tags=["administration"])

Id = Annotated[int, Path(ge=1, le=LARGEST_KEY)]
Before = Annotated[int | None, Query(ge=1, le=LARGEST_KEY, description="Only those older than this one.")]
Limit = Annotated[int, Query(ge=1, le=200, description="The most.")]
Reason = Annotated[str | None, Query(max_length=100, description="Only those of this reason.")]
Stream = Annotated[
    str | None,
    Query(max_length=250, description="Only those from there: the stream, or `import:` and a file."),
]


@router.get("/dead-letters", summary="Dead letters", response_model=LettersDocument, responses=READING)
def listed(
    request: Request,
    _viewer: Administering,
    reason: Reason = None,
    stream: Stream = None,
    limit: Limit = 50,
    before: Before = None,
) -> Response:
    """Newest first, without their messages; and how many there are of each reason."""
    with transaction(parts_of(request).engine) as connection:
        counts = dead_letter_counts(connection)
        found = dead_letters(connection, limit=limit + 1, reason=reason, before=before, stream=stream)
    older = found[limit - 1].id if len(found) > limit else None
    return json_answer({"counts": counts, "dead_letters": list(map(_letter, found[:limit])), "older": older})


@router.get(
    "/dead-letters/{id:int}",
    summary="One dead letter",
    response_model=WholeLetterDocument,
    responses=READING,
    operation_id="get_dead_letter",
)
def one(request: Request, _viewer: Administering, id: Id) -> Response:  # noqa: A002 - the name in the path
    """One with its message, whole."""
    with transaction(parts_of(request).engine) as connection:
        found = dead_letter(connection, id)
    if found is None:
        raise NotFound(f"no dead letter has the id {id}")
    return json_answer(_letter(found) | _message(found.raw or b""))


@router.post(
    "/dead-letters/discard", summary="Discard dead letters", response_model=OrderDocument, responses=ORDERED
)
def discard(
    request: Request, viewer: Commanding, asked: Discard, idempotency_key: IdempotencyKey = None
) -> Response:
    """For good: the messages are lost. All of them or, where one is not there, none."""
    return answer(request, viewer, "discard", asked.given(), idempotency_key)


def _letter(found: StoredDeadLetter) -> dict[str, Any]:
    return {name: getattr(found, name) for name in LetterDocument.model_fields}


def _message(raw: bytes) -> dict[str, str | None]:
    try:
        return {"raw": raw.decode(), "raw_base64": None}
    except UnicodeDecodeError:
        return {"raw": None, "raw_base64": base64.b64encode(raw).decode()}
