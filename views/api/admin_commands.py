"""Admin commands over the API: placed, waited for a little, and looked up later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from trailkeeper.models.admin_commands import AdminCommand
from trailkeeper.producer.ids import uuid7
from trailkeeper.views.admin_commands import state_of
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer
from trailkeeper.views.documents.admin import CommandDocument
from trailkeeper.views.documents.problems import COMMANDING, READING, Responses
from trailkeeper.views.problems import Problem
from trailkeeper.views.session_cookie import root_path
from trailkeeper.views.viewer import Viewer

from .answers import json_answer

router = APIRouter(tags=["administration"])

ACCEPTED = {
    "description": "No worker has carried it out yet; ask again at `Location`.",
    "model": CommandDocument,
}
COMMANDED: Responses = COMMANDING | {202: ACCEPTED}
STATUS = {"missing": 404, "nothing": 409, "state": 409, "absurd": 422, "failed": 503}

IdempotencyKey = Annotated[
    UUID | None,
    Header(description="A UUID of your own: a command sent twice with it within 30 days is done once."),
]


@router.get(
    "/commands/{id}",
    summary="What became of a command",
    response_model=CommandDocument,
    responses=READING,
    operation_id="get_command",
)
def get_command(request: Request, viewer: AdminViewer, id: UUID) -> Response:  # noqa: A002 - the name in the path
    """A command as it stands: waiting, done, or refused."""
    return json_answer(document(request, app_state_of(request).admin_commands.get(viewer, id, request)))


def command_answer(
    request: Request, viewer: Viewer, action: str, arguments: dict[str, Any], key: UUID | None
) -> Response:
    """Place a command, and answer with its outcome, or with 202 while it waits.

    Raises:
        Problem: it was refused.
    """
    identity = key or uuid7(datetime.now(UTC))
    command = app_state_of(request).admin_commands.place(viewer, action, arguments, identity, request)
    if command.outcome and "refused" in command.outcome:
        raise Problem(STATUS[command.outcome["why"]], command.outcome["refused"])
    answer = document(request, command)
    if command.finished_at is None:
        headers = {"Location": answer["links"]["self"]}
        return Response(msgspec.json.encode(answer), 202, headers, "application/json")
    return json_answer(answer)


def document(request: Request, command: AdminCommand) -> dict[str, Any]:
    """A command as JSON."""
    outcome = command.outcome or {}
    root = f"{root_path(request)}/api/v1"
    backfill = outcome.get("backfill_id")
    return {
        "id": str(command.id),
        "action": command.action,
        "requested_by": command.requested_by,
        "requested_at": command.requested_at,
        "finished_at": command.finished_at,
        "state": state_of(command),
        "backfill_id": backfill,
        "count": outcome.get("count"),
        "preview": outcome.get("preview"),
        "problem": outcome.get("refused"),
        "links": {
            "self": f"{root}/commands/{command.id}",
            "backfill": f"{root}/backfills/{backfill}" if backfill else None,
        },
    }
