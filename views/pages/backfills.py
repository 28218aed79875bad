"""Backfills for admins: the list, one as it goes, and what may be done with it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from trailkeeper.models.backfills import CHANGES, StoredBackfill, find, newest
from trailkeeper.models.backfills.letters import kept_of, stream_of
from trailkeeper.models.engine import transaction
from trailkeeper.views.api.commands import LARGEST_BACKFILL
from trailkeeper.views.errors import NotFound
from trailkeeper.views.parts import parts_of

from .backfill_facts import DONE, about, percent
from .commands import Sent
from .keys import key
from .rendering import addresses_of, page
from .visitors import Admin

router = APIRouter(include_in_schema=False)

SHOWN = 30
SHOWN_LINES = 20


@router.get("/backfills")
def listed(request: Request, viewer: Admin) -> HTMLResponse:
    """All of them, newest first."""
    params, addresses = request.query_params, addresses_of(request)
    before = key(params["before"], LARGEST_BACKFILL) if "before" in params else None
    with transaction(parts_of(request).engine) as connection:
        found = newest(connection, limit=SHOWN + 1, before=before)
    shown = found[:SHOWN]
    older = [("before", str(shown[-1].id))] if len(found) > SHOWN else None
    return page(
        request,
        "backfills.html",
        viewer,
        title="Backfills",
        jobs=[(job, addresses.to(f"/backfills/{job.id}"), about(job), percent(job)) for job in shown],
        goes_on=any(job.state == "running" for job in shown),
        newest=before is None,
        older=addresses.to("/backfills", older) if older else None,
    )


@router.get("/backfills/{identity}")
def one(request: Request, viewer: Admin, identity: str) -> HTMLResponse:
    """How far it is; of an import, what could not be stored."""
    parts = parts_of(request)
    with transaction(parts.engine) as connection:
        job = _found(find(connection, key(identity, LARGEST_BACKFILL)))
        kept = (
            kept_of(connection, stream_of(job.digest), SHOWN_LINES) if job.digest and job.rejected else None
        )
    letters = [("stream", stream_of(job.digest))] if job.digest else []
    return page(
        request,
        "backfill.html",
        viewer,
        title=f"Backfill {job.id}",
        job=job,
        done=DONE[job.kind],
        percent=percent(job),
        about=about(job),
        kept=kept,
        letters_href=addresses_of(request).to("/dead-letters", letters),
        ticket=parts.tickets.write(viewer),
    )


@router.get("/backfills/{identity}/cancel")
def confirm(request: Request, viewer: Admin, identity: str) -> HTMLResponse:
    """Whether it is meant: what is cancelled cannot go on."""
    parts = parts_of(request)
    with transaction(parts.engine) as connection:
        job = _found(find(connection, key(identity, LARGEST_BACKFILL)))
    return page(
        request,
        "backfill_cancel.html",
        viewer,
        title=f"Cancel backfill {job.id}?",
        job=job,
        about=about(job),
        ticket=parts.tickets.write(viewer),
    )


@router.post("/backfills/{identity}/{action}")
def change(sent: Sent, identity: str, action: str) -> Response:
    """Pause, resume or cancel it."""
    if action not in CHANGES:
        raise NotFound(f"nobody can {action[:20]!r} a backfill")
    return sent.answer(action, {"backfill_id": key(identity, LARGEST_BACKFILL)})


def _found(job: StoredBackfill | None) -> StoredBackfill:
    if job is None:
        raise NotFound("there is no such backfill")
    return job
