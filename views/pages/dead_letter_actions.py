"""Replay or discard dead letters from a page, which first shows which ones are meant."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from trailkeeper.producer.counted import counted
from trailkeeper.producer.wire import REASONS
from trailkeeper.views.admin_reads import read_chosen, row_number
from trailkeeper.views.admin_requests import MAX_DEAD_LETTER, MAX_REASON
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer
from trailkeeper.views.errors import NotFound
from trailkeeper.views.problems import Problem

from .admin_form import SentForm
from .rendering import page

router = APIRouter(include_in_schema=False)

MAX_CHOSEN = 200
TITLES = {"replay": "Replay", "discard": "Discard"}
NONE_CHOSEN = "choose the dead letters to discard first"


@router.get("/dead-letters/confirm")
def confirm(request: Request, viewer: AdminViewer) -> HTMLResponse:
    """The dead letters that are meant, and what will become of them."""
    params, state = request.query_params, app_state_of(request)
    what = params.get("what", "")
    if what not in TITLES:
        raise NotFound(f"dead letters have no action {what[:20]!r}")
    reason = params.get("reason") if params.get("reason") in REASONS else None
    ids = _ids(params.getlist("ids"))
    if what == "discard" and not ids:
        raise Problem(422, NONE_CHOSEN)
    counts, rows = read_chosen(request, viewer, ids)
    if None in rows:
        raise Problem(409, "one of these dead letters no longer exists; choose again")
    number = len(ids) or (counts.get(reason, 0) if reason else sum(counts.values()))
    return page(
        request,
        "dead_letter_actions.html",
        viewer,
        title=f"{TITLES[what]} {counted(number, 'dead letter')}?",
        what=what,
        number=number,
        reason=reason,
        ids=ids,
        rows=rows,
        longest=MAX_REASON,
        ticket=state.tickets.write(viewer),
    )


@router.post("/dead-letters/discard")
def discard(form: SentForm) -> Response:
    """Delete them for good."""
    reason = form.one("reason")
    if not 0 < len(reason) <= MAX_REASON:
        raise Problem(422, f"a reason is required, of at most {MAX_REASON:,} characters")
    ids = _ids(form.all("ids"))
    if not ids:
        raise Problem(422, NONE_CHOSEN)
    return form.answer("discard", {"ids": ids, "reason": reason})


def _ids(values: Iterable[str]) -> list[int]:
    ids = sorted({row_number(value, MAX_DEAD_LETTER) for value in values})
    if len(ids) > MAX_CHOSEN:
        raise Problem(
            422,
            f"{counted(len(ids), 'dead letter is', 'dead letters are')} chosen; at most {MAX_CHOSEN} at once",
        )
    return ids
