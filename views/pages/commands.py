"""What admins' forms send: read, known to be ours, placed as an order, and where to go on."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from trailkeeper.models.orders import StoredOrder
from trailkeeper.views.auth import may_command, refuse_forged
from trailkeeper.views.parts import parts_of
from trailkeeper.views.viewer import Viewer

from .rendering import addresses_of
from .visitors import Admin


class Command(NamedTuple):
    """One form that an admin sent.

    Attributes:
        fields: all of them; a name may be there several times.
    """

    request: Request
    viewer: Viewer
    fields: list[tuple[str, str]]

    def one(self, name: str) -> str:
        """A field's value without spaces around it; empty where it was left so."""
        return next((value.strip() for key, value in self.fields if key == name), "")

    def all(self, name: str) -> list[str]:
        """All values of a field that are not empty."""
        return [value.strip() for key, value in self.fields if key == name and value.strip()]

    def place(self, action: str, given: dict[str, Any]) -> StoredOrder:
        """Place the order; the same button of the same form pressed twice is one.

        Raises:
            Problem: 403, the form is not one of ours; 429, too many.
        """
        parts = parts_of(self.request)
        identity = parts.tickets.read(self.viewer, self.one("order"), self.one("ticket"), action)
        may_command(self.request, self.viewer)
        return parts.orders.place(self.viewer, action, given, identity)

    def answer(self, action: str, given: dict[str, Any]) -> Response:
        """Place the order and lead to where one sees what came of it."""
        return RedirectResponse(place_of(self.request, self.place(action, given)), 303)


async def _command(request: Request, viewer: Admin) -> Command:
    refuse_forged(request)
    form = await request.form()
    return Command(
        request, viewer, [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
    )


Sent = Annotated[Command, Depends(_command)]
"""A form of one of the staff, not sent by another site; to others the address does not exist."""


def place_of(request: Request, order: StoredOrder) -> str:
    """Where one sees what came of an order: at the backfill itself, where that is known."""
    addresses = addresses_of(request)
    identity = (order.outcome or {}).get("backfill_id")
    return addresses.to(f"/backfills/{identity}") if identity else of_order(request, order.id)


def of_order(request: Request, identity: UUID) -> str:
    """The page of an order."""
    return addresses_of(request).to(f"/orders/{identity}")
