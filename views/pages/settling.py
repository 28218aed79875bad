"""Dead letters replayed or discarded from a page: which of them are meant is shown before it is done."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, Response

from trailkeeper.models.engine import transaction
from trailkeeper.models.status import StoredDeadLetter, dead_letter, dead_letter_counts
from trailkeeper.producer.wire import REASONS
from trailkeeper.views.api.commands import LARGEST_KEY
from trailkeeper.views.errors import NotFound
from trailkeeper.views.parts import parts_of
from trailkeeper.views.problems import Problem

from . import words
from .commands import Sent
from .keys import key
from .rendering import page
from .visitors import Admin

router = APIRouter(include_in_schema=False)

MOST = 200
LONGEST_REASON = 1_000
TITLES = {"replay": "Replay", "discard": "Discard"}


@router.get("/dead-letters/settle")
def confirm(request: Request, viewer: Admin) -> HTMLResponse:
    """The letters that are meant, and what becomes of them."""
    params, parts = request.query_params, parts_of(request)
    what = params.get("what", "")
    if what not in TITLES:
        raise NotFound(f"nothing is called {what[:20]!r} here")
    reason = params.get("reason") if params.get("reason") in REASONS else None
    ids = _ids(params)
    if what == "discard" and not ids:
        raise Problem(422, "choose the letters to discard first")
    with transaction(parts.engine) as connection:
        counts = dead_letter_counts(connection)
        letters = [dead_letter(connection, identity) for identity in ids]
    number = len(ids) or (counts.get(reason, 0) if reason else sum(counts.values()))
    return page(
        request,
        "settle.html",
        viewer,
        title=f"{TITLES[what]} {words.count(number, 'dead letter')}?",
        what=what,
        number=number,
        reason=reason,
        ids=ids,
        letters=_there(letters),
        longest=LONGEST_REASON,
        ticket=parts.tickets.write(viewer),
    )


@router.post("/dead-letters/discard")
def discard(sent: Sent) -> Response:
    """Remove them for good."""
    reason = sent.one("reason")
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Problem(422, f"a reason is needed, of {LONGEST_REASON:,} characters at most")
    ids = sorted({key(each, LARGEST_KEY) for each in sent.all("ids")})[:MOST]
    if not ids:
        raise Problem(422, "choose the letters to discard first")
    return sent.answer("discard", {"ids": ids, "reason": reason})


def _ids(params: QueryParams) -> list[int]:
    found = sorted({key(each, LARGEST_KEY) for each in params.getlist("ids")})
    if len(found) > MOST:
        raise Problem(422, f"{len(found):,} letters are chosen; at most {MOST} at once")
    return found


def _there(letters: list[StoredDeadLetter | None]) -> list[StoredDeadLetter]:
    if None in letters:
        raise Problem(409, "one of these letters is not there any more; choose anew")
    return [letter for letter in letters if letter is not None]
