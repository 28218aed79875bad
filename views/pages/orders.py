"""What came of something that an admin asked for: it waits, it was refused, or what a backfill would do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from trailkeeper.models.orders import StoredOrder
from trailkeeper.views.api.orders import state_of
from trailkeeper.views.errors import NotFound
from trailkeeper.views.parts import parts_of

from .addresses import Query
from .backfill_facts import DONE, filters
from .commands import place_of
from .rendering import addresses_of, here, page
from .visitors import Admin

router = APIRouter(include_in_schema=False)

WORDS = {
    "enrich": "Start a backfill",
    "replay": "Replay dead letters",
    "preview_enrich": "What the backfill would do",
    "preview_replay": "What the replay would do",
    "pause": "Pause a backfill",
    "resume": "Resume a backfill",
    "cancel": "Cancel a backfill",
    "discard": "Discard dead letters",
}
COLUMNS = ("at", "id", "occurred_at", "tag", "ip", "location", "client", "reason", "detail")
"""Of the examples, in this order; Postgres keeps none."""

KINDS = {"enrich": "enrich", "replay": "dead_letters"}


@router.get("/orders/{identity}")
def order(request: Request, viewer: Admin, identity: str) -> Response:
    """An order as it stands. Where it made or changed a backfill, that is shown."""
    parts = parts_of(request)
    found = parts.orders.find(_key(identity))
    if (place := place_of(request, found)) != here(request):
        return RedirectResponse(place, 303)
    outcome = found.outcome or {}
    return page(
        request,
        "order.html",
        viewer,
        title=WORDS.get(found.action, "Order"),
        order=found,
        state=state_of(found),
        outcome=outcome,
        preview=outcome.get("preview"),
        done=DONE[_kind(found)].lower() if "preview" in outcome else None,
        about=list(filters(found.given.get("filters", found.given))),
        columns=COLUMNS,
        fields=list(_fields(found)),
        back=_back(request, found),
        ticket=parts.tickets.write(viewer),
    )


def _kind(order: StoredOrder) -> str:
    return KINDS.get(order.action.removeprefix("preview_"), "")


def _fields(order: StoredOrder) -> Query:
    """What a form has to send to start what was looked at."""
    yield "kind", _kind(order)
    given: dict[str, Any] = order.given.get("filters", order.given)
    for name, value in (given | {"throttle": order.given.get("throttle")}).items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, str(each)


def _back(request: Request, order: StoredOrder) -> tuple[str, str]:
    """Where to change what was asked for, or where it was asked for."""
    addresses = addresses_of(request)
    match order.action:
        case "enrich" | "preview_enrich":
            return "Change it", addresses.to("/backfills/new", _fields(order))
        case "pause" | "resume" | "cancel":
            return "Back to the backfill", addresses.to(f"/backfills/{order.given['backfill_id']}")
        case _:
            return "Back to the dead letters", addresses.to("/dead-letters")


def _key(identity: str) -> UUID:
    try:
        return UUID(identity)
    except ValueError as error:
        raise NotFound(f"{identity[:40]!r} is no order's id") from error
