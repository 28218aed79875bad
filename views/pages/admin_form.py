"""Forms that admins send: read, checked to be ours, placed as a command, and where to go next."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from trailkeeper.models.admin_commands import AdminCommand
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer, count_command, refuse_forged
from trailkeeper.views.viewer import Viewer

from .rendering import addresses_of


class AdminForm(NamedTuple):
    """One form that an admin sent.

    Attributes:
        fields: all of them; a name may occur several times.
    """

    request: Request
    viewer: Viewer
    fields: list[tuple[str, str]]

    def one(self, name: str) -> str:
        """A field's value, without spaces around it; empty if it was left empty."""
        return next((value.strip() for key, value in self.fields if key == name), "")

    def all(self, name: str) -> list[str]:
        """All values of a field that are not empty."""
        return [value.strip() for key, value in self.fields if key == name and value.strip()]

    def answer(self, action: str, arguments: dict[str, Any]) -> Response:
        """Place the command, and redirect to where its outcome is shown.

        The same button of the same form, pressed twice, places one command.

        Raises:
            Problem: 403, the form is not one of ours; 429, too many commands.
        """
        state = app_state_of(self.request)
        identity = state.tickets.read(self.viewer, self.one("form_id"), self.one("ticket"), action)
        count_command(self.request, self.viewer)
        command = state.admin_commands.place(self.viewer, action, arguments, identity, self.request)
        return RedirectResponse(outcome_address(self.request, command), 303)


async def _sent_form(request: Request, viewer: AdminViewer) -> AdminForm:
    refuse_forged(request)
    form = await request.form()
    return AdminForm(
        request, viewer, [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
    )


SentForm = Annotated[AdminForm, Depends(_sent_form)]
"""A form that an admin sent, not another site; for others the address does not exist."""


def outcome_address(request: Request, command: AdminCommand) -> str:
    """Where the outcome of a command is shown: on the page of the backfill, if there is one."""
    backfill = (command.outcome or {}).get("backfill_id")
    return addresses_of(request).to(f"/backfills/{backfill}" if backfill else f"/commands/{command.id}")
