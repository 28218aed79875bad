"""What is kept and what was removed, for admins to look at: the policy, its last runs, the holds."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from trailkeeper.models import holds
from trailkeeper.models.engine import transaction
from trailkeeper.models.governed import erasures, purges, scrubs
from trailkeeper.models.tables import SCOPES
from trailkeeper.views.parts import parts_of

from . import words
from .policy_facts import PolicyLine, policy_lines
from .rendering import page
from .visitors import Admin

router = APIRouter(include_in_schema=False)

SHOWN = 20
ACTIONS = {
    "purge": "Removed",
    "scrub address": "Address becomes its network",
    "scrub person": "Address, names, device and personal payload go",
}
STEPS = {"address": "Addresses", "person": "Personal data"}


@router.get("/retention")
def retention(request: Request, viewer: Admin) -> HTMLResponse:
    """All of it; without Redis, without the policy."""
    parts = parts_of(request)
    lines = policy_lines(parts.settings)
    with transaction(parts.engine) as connection:
        context: dict[str, Any] = {
            "purges": purges(connection, SHOWN),
            "scrubs": scrubs(connection, SHOWN),
            "erasures": erasures(connection, SHOWN),
            "holds": holds.listing(connection),
        }
    return page(
        request,
        "retention.html",
        viewer,
        title="Retention",
        lines=None if lines is None else [_line(line) for line in sorted(lines, key=_place)],
        steps=STEPS,
        **context,
    )


def _place(line: PolicyLine) -> tuple[bool, int, str]:
    return line.scope is None, SCOPES.index(line.scope) if line.scope in SCOPES else 0, line.tag or ""


def _line(line: PolicyLine) -> dict[str, Any]:
    return {
        "what": ACTIONS.get(line.action, words.words(line.action)),
        "whose": words.SCOPES.get(line.scope or "", "Everybody"),
        "tag": line.tag,
        "after": "never" if line.days is None else words.count(line.days, "day"),
        "minimum": words.count(line.minimum, "day"),
    }
