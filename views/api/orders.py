"""What admins ask for over the API: placed, waited for a little, and told of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from trailkeeper.models.orders import StoredOrder
from trailkeeper.producer.ids import uuid7
from trailkeeper.views.auth import Administering
from trailkeeper.views.parts import parts_of
from trailkeeper.views.problems import Problem
from trailkeeper.views.viewer import Viewer

from .admin_documents import OrderDocument
from .answers import json_answer
from .responses import COMMANDING, READING, Responses

router = APIRouter(tags=["administration"])

WAITING = {
    "description": "No worker has carried it out yet; look again at `Location`.",
    "model": OrderDocument,
}
ORDERED: Responses = COMMANDING | {202: WAITING}
STATUS = {"missing": 404, "nothing": 409, "state": 409, "absurd": 422, "failed": 503}

IdempotencyKey = Annotated[
    UUID | None,
    Header(description="An id of your own, a UUID: sent twice, it is carried out once, within thirty days."),
]


@router.get(
    "/orders/{id}",
    summary="What came of an order",
    response_model=OrderDocument,
    responses=READING,
    operation_id="get_order",
)
def order(request: Request, _viewer: Administering, id: UUID) -> Response:  # noqa: A002 - the name in the path
    """An order as it stands: waiting, done, or refused."""
    return json_answer(document(request, parts_of(request).orders.find(id)))


def answer(
    request: Request, viewer: Viewer, action: str, given: dict[str, Any], key: UUID | None
) -> Response:
    """Place an order, and answer with what came of it, or that it waits.

    Raises:
        Problem: it was refused.
    """
    found = parts_of(request).orders.place(viewer, action, given, key or uuid7(datetime.now(UTC)))
    if found.outcome and "refused" in found.outcome:
        raise Problem(STATUS[found.outcome["why"]], found.outcome["refused"])
    told = document(request, found)
    links = told["links"]
    if found.done_at is None:
        return Response(msgspec.json.encode(told), 202, {"Location": links["self"]}, "application/json")
    return json_answer(told)


def document(request: Request, order: StoredOrder) -> dict[str, Any]:
    """An order as JSON."""
    outcome = order.outcome or {}
    root = f"{request.scope.get('root_path', '')}/api/v1"
    backfill = outcome.get("backfill_id")
    return {
        "id": str(order.id),
        "action": order.action,
        "asked_by": order.asked_by,
        "placed_at": order.placed_at,
        "done_at": order.done_at,
        "state": state_of(order),
        "backfill_id": backfill,
        "count": outcome.get("count"),
        "preview": outcome.get("preview"),
        "problem": outcome.get("refused"),
        "links": {
            "self": f"{root}/orders/{order.id}",
            "backfill": f"{root}/backfills/{backfill}" if backfill else None,
        },
    }


def state_of(order: StoredOrder) -> str:
    """How an order stands."""
    if order.outcome is None:
        return "waiting"
    return "refused" if "refused" in order.outcome else "done"
