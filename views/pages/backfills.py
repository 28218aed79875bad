"""Backfills for admins: the list, the progress of one, and what can be done with it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from trailkeeper.models.backfills import CHANGES
from trailkeeper.models.backfills.dead_letters import stream_of
from trailkeeper.models.engine import transaction
from trailkeeper.views.access_events import record_look
from trailkeeper.views.admin_reads import VIEW, read_backfill, read_backfills, rejected_lines, row_number
from trailkeeper.views.admin_requests import MAX_BACKFILL
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import AdminViewer
from trailkeeper.views.errors import NotFound

from .admin_form import SentForm
from .backfill_facts import CHANGED, about, percent
from .rendering import addresses_of, page

router = APIRouter(include_in_schema=False)

PAGE_BACKFILLS = 30
SAMPLE_LINES = 20


@router.get("/backfills")
def list_page(request: Request, viewer: AdminViewer) -> HTMLResponse:
    """All of them, newest first."""
    params, addresses = request.query_params, addresses_of(request)
    before = row_number(params["before"], MAX_BACKFILL) if "before" in params else None
    with transaction(app_state_of(request).engine) as connection:
        jobs, older = read_backfills(connection, limit=PAGE_BACKFILLS, before=before)
    return page(
        request,
        "backfills.html",
        viewer,
        title="Backfills",
        jobs=[(job, addresses.to(f"/backfills/{job.id}"), about(job), percent(job)) for job in jobs],
        any_running=any(job.state == "running" for job in jobs),
        newest=before is None,
        older=addresses.to("/backfills", [("before", str(older))]) if older else None,
    )


@router.get("/backfills/{identity}")
def backfill_page(request: Request, viewer: AdminViewer, identity: str) -> HTMLResponse:
    """How far it is; of an import, also what could not be stored."""
    state = app_state_of(request)
    with transaction(state.engine) as connection:
        job = read_backfill(connection, row_number(identity, MAX_BACKFILL))
        rejected = rejected_lines(connection, job, sample=SAMPLE_LINES)
    import_stream = [("stream", stream_of(job.digest))] if job.digest else []
    if rejected:
        record_look(viewer, VIEW, request, filters=dict(import_stream))
    return page(
        request,
        "backfill.html",
        viewer,
        title=f"Backfill {job.id}",
        job=job,
        changed=CHANGED[job.kind],
        percent=percent(job),
        about=about(job),
        rejected=rejected,
        dead_letters_href=addresses_of(request).to("/dead-letters", import_stream),
        ticket=state.tickets.write(viewer),
    )


@router.get("/backfills/{identity}/cancel")
def confirm_cancel(request: Request, viewer: AdminViewer, identity: str) -> HTMLResponse:
    """Ask first: a backfill that was cancelled cannot be resumed."""
    state = app_state_of(request)
    with transaction(state.engine) as connection:
        job = read_backfill(connection, row_number(identity, MAX_BACKFILL))
    return page(
        request,
        "backfill_cancel.html",
        viewer,
        title=f"Cancel backfill {job.id}?",
        job=job,
        about=about(job),
        ticket=state.tickets.write(viewer),
    )


@router.post("/backfills/{identity}/{action}")
def change(form: SentForm, identity: str, action: str) -> Response:
    """Pause, resume or cancel it."""
    if action not in CHANGES:
        raise NotFound(f"a backfill has no action {action[:20]!r}")
    return form.answer(action, {"backfill_id": row_number(identity, MAX_BACKFILL)})
