"""What became of a command: it waits, it was refused, or what a backfill would do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from trailkeeper.models.admin_commands import AdminCommand
from trailkeeper.views.admin_commands import state_of
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer
from trailkeeper.views.errors import NotFound

from .addresses import Query
from .admin_form import outcome_address
from .backfill_facts import CHANGED, filter_facts
from .rendering import addresses_of, here, page

router = APIRouter(include_in_schema=False)

TITLES = {
    "enrich": "Start a backfill",
    "replay": "Replay dead letters",
    "preview_enrich": "What the backfill would do",
    "preview_replay": "What the replay would do",
    "pause": "Pause a backfill",
    "resume": "Resume a backfill",
    "cancel": "Cancel a backfill",
    "discard": "Discard dead letters",
}
COLUMNS = ("at", "id", "occurred_at", "tag", "reason")
"""Of the examples, in this order; Postgres does not keep the order of keys."""

KINDS = {"enrich": "enrich", "replay": "dead_letters"}


@router.get("/commands/{identity}")
def command_page(request: Request, viewer: AdminViewer, identity: str) -> Response:
    """A command as it stands. If it started or changed a backfill, that backfill's page is shown."""
    state = app_state_of(request)
    command = state.admin_commands.get(viewer, _command_id(identity), request)
    if (address := outcome_address(request, command)) != here(request):
        return RedirectResponse(address, 303)
    outcome = command.outcome or {}
    return page(
        request,
        "admin_command.html",
        viewer,
        title=TITLES.get(command.action, "Command"),
        command=command,
        state=state_of(command),
        outcome=outcome,
        preview=outcome.get("preview"),
        changed=CHANGED[_kind(command)].lower() if "preview" in outcome else None,
        about=list(filter_facts(command.arguments.get("filters", command.arguments))),
        columns=COLUMNS,
        fields=list(_fields(command)),
        back=_back(request, command),
        ticket=state.tickets.write(viewer),
    )


def _kind(command: AdminCommand) -> str:
    return KINDS.get(command.action.removeprefix("preview_"), "")


def _fields(command: AdminCommand) -> Query:
    """The fields of a form that starts what was previewed."""
    yield "kind", _kind(command)
    filters: dict[str, Any] = command.arguments.get("filters", command.arguments)
    for name, values in (filters | {"throttle": command.arguments.get("throttle")}).items():
        for value in values if isinstance(values, list) else [values]:
            if value is not None:
                yield name, str(value)


def _back(request: Request, command: AdminCommand) -> tuple[str, str]:
    """Where to change the command, or where it came from."""
    addresses = addresses_of(request)
    match command.action:
        case "enrich" | "preview_enrich":
            return "Change it", addresses.to("/backfills/new", _fields(command))
        case "pause" | "resume" | "cancel":
            return "Back to the backfill", addresses.to(f"/backfills/{command.arguments['backfill_id']}")
        case _:
            return "Back to the dead letters", addresses.to("/dead-letters")


def _command_id(identity: str) -> UUID:
    try:
        return UUID(identity)
    except ValueError as error:
        raise NotFound(f"{identity[:40]!r} is not the id of a command") from error
