"""Messages that could not be stored, for admins: a list by reason, and one with its message."""

from __future__ import annotations

import base64
import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from trailkeeper.models.status import StoredDeadLetter
from trailkeeper.producer.wire import REASONS
from trailkeeper.views.admin_reads import read_dead_letter, read_dead_letters, row_number
from trailkeeper.views.admin_requests import MAX_DEAD_LETTER
from trailkeeper.views.auth import AdminViewer

from . import words
from .addresses import Addresses
from .rendering import addresses_of, page

router = APIRouter(include_in_schema=False)

PAGE_DEAD_LETTERS = 50


@router.get("/dead-letters")
def list_page(request: Request, viewer: AdminViewer) -> HTMLResponse:
    """All with one reason, of one import, or any."""
    params, addresses = request.query_params, addresses_of(request)
    reason, stream = params.get("reason") or None, params.get("stream") or None
    before = row_number(params["before"], MAX_DEAD_LETTER) if "before" in params else None
    counts, rows, older = read_dead_letters(
        request, viewer, limit=PAGE_DEAD_LETTERS, before=before, reason=reason, stream=stream
    )
    filters = [(name, value) for name, value in (("reason", reason), ("stream", stream)) if value]
    replay = [("what", "replay"), *([("reason", reason)] if reason in REASONS else [])]
    return page(
        request,
        "dead_letters.html",
        viewer,
        title="Dead letters",
        reason=reason,
        stream=stream,
        meaning=words.sentence(REASONS[reason]) if reason in REASONS else None,
        total=sum(counts.values()),
        groups=[_group(addresses, name, number, stream) for name, number in counts.items()],
        all_href=addresses.to("/dead-letters", [("stream", stream)] if stream else []),
        rows=[(row, addresses.to(f"/dead-letters/{row.id}")) for row in rows],
        replay_href=None if stream else addresses.to("/dead-letters/confirm", replay),
        newest=before is None,
        newest_href=addresses.to("/dead-letters", filters),
        older=addresses.to("/dead-letters", [*filters, ("before", str(older))]) if older else None,
    )


@router.get("/dead-letters/{identity}")
def dead_letter_page(request: Request, viewer: AdminViewer, identity: str) -> HTMLResponse:
    """One, with its whole message."""
    row = read_dead_letter(request, viewer, row_number(identity, MAX_DEAD_LETTER))
    message, is_text = readable(row)
    return page(
        request,
        "dead_letter.html",
        viewer,
        title=f"Dead letter {row.id}",
        row=row,
        meaning=words.sentence(REASONS.get(row.reason, "a reason that this version does not know")),
        message=message,
        is_text=is_text,
    )


def readable(row: StoredDeadLetter) -> tuple[str, bool]:
    """The message as a person reads it, and whether it is text; otherwise it is base64."""
    raw = row.raw or b""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), False
    try:
        return words.json_text(json.loads(text)), True
    except (ValueError, RecursionError):
        return "\n".join(map(words.plain, text.split("\n"))), True


def _group(addresses: Addresses, reason: str, number: int, stream: str | None) -> dict[str, Any]:
    filters = [("reason", reason), *([("stream", stream)] if stream else [])]
    return {
        "reason": reason,
        # the counts are of all dead letters; the page of the backfill has those of one import
        "count": None if stream else number,
        "href": addresses.to("/dead-letters", filters),
    }
