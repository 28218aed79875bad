"""What is kept and what was removed, for admins: the policy in force, its last runs, the holds."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from trailkeeper.models import holds
from trailkeeper.models.engine import transaction
from trailkeeper.models.governed import erasures, purges, scrubs
from trailkeeper.models.tables import SCOPES
from trailkeeper.producer.counted import counted
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.redis_notes import mended, note_of
from trailkeeper.producer.stream_keys import policy_key
from trailkeeper.views.access_events import record_look
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.stream import connected

from . import words
from .rendering import page

router = APIRouter(include_in_schema=False)

PAGE_ROWS = 20
ACTIONS = {
    "purge": "Events are removed",
    "scrub address": "The address becomes its network",
    "scrub person": "Address, names, device and personal payload are removed",
}
STEPS = {"address": "Addresses", "person": "Personal data"}


class PolicyLine(msgspec.Struct, frozen=True):
    """One line: what happens to whose events at which age; *days* None for never."""

    action: str
    scope: str | None
    tag: str | None
    days: int | None
    minimum: int


@router.get("/retention")
def retention(request: Request, viewer: AdminViewer) -> HTMLResponse:
    """All of it; while Redis is down, without the policy. Holds and erasures name people."""
    record_look(viewer, "admin:retention:view", request)
    state = app_state_of(request)
    lines = _policy(state.settings)
    with transaction(state.engine) as connection:
        context: dict[str, Any] = {
            "purges": purges(connection, PAGE_ROWS),
            "scrubs": scrubs(connection, PAGE_ROWS),
            "erasures": erasures(connection, PAGE_ROWS),
            "holds": holds.listing(connection),
        }
    return page(
        request,
        "retention.html",
        viewer,
        title="Retention",
        lines=None if lines is None else [_line(line) for line in sorted(lines, key=_order)],
        steps=STEPS,
        **context,
    )


def _policy(settings: ViewsSettings) -> list[PolicyLine] | None:
    """The policy as a worker published it, because the workers' settings are those that apply.

    Returns:
        None if Redis does not answer, or no worker has published it yet.
    """
    try:
        with connected(settings) as (client, stream):
            key = policy_key(stream)
            return note_of(mended(client, lambda: client.get(key), key), list[PolicyLine])
    except StreamUnavailable:
        return None


def _order(line: PolicyLine) -> tuple[bool, int, str]:
    return line.scope is None, SCOPES.index(line.scope) if line.scope in SCOPES else 0, line.tag or ""


def _line(line: PolicyLine) -> dict[str, Any]:
    return {
        "what": ACTIONS.get(line.action, words.words(line.action)),
        "whose": words.SCOPES.get(line.scope or "", "Everybody"),
        "tag": line.tag,
        "after": "never" if line.days is None else counted(line.days, "day"),
        "minimum": counted(line.minimum, "day"),
    }
