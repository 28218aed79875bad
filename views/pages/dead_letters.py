"""Messages that could not be stored, for admins: by reason, newest first, and one with its message."""

from __future__ import annotations

import base64
import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from trailkeeper.models.engine import transaction
from trailkeeper.models.status import StoredDeadLetter, dead_letter, dead_letter_counts, dead_letters
from trailkeeper.producer.wire import REASONS
from trailkeeper.views.api.commands import LARGEST_KEY
from trailkeeper.views.errors import NotFound
from trailkeeper.views.parts import parts_of

from . import words
from .addresses import Addresses, Query
from .keys import key
from .rendering import addresses_of, page
from .visitors import Admin

router = APIRouter(include_in_schema=False)

SHOWN = 50


@router.get("/dead-letters")
def listed(request: Request, viewer: Admin) -> HTMLResponse:
    """All of one reason, of one import, or of any."""
    params, addresses = request.query_params, addresses_of(request)
    reason, stream = params.get("reason") or None, params.get("stream") or None
    before = key(params["before"], LARGEST_KEY) if "before" in params else None
    with transaction(parts_of(request).engine) as connection:
        counts = dead_letter_counts(connection)
        found = dead_letters(connection, limit=SHOWN + 1, reason=reason, before=before, stream=stream)
    kept = [(name, value) for name, value in (("reason", reason), ("stream", stream)) if value]
    older = [*kept, ("before", str(found[SHOWN - 1].id))] if len(found) > SHOWN else None
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
        letters=[(letter, addresses.to(f"/dead-letters/{letter.id}")) for letter in found[:SHOWN]],
        replay_href=None if stream else _settle(addresses, [("reason", reason)] if reason in REASONS else []),
        newest=before is None,
        newest_href=addresses.to("/dead-letters", kept),
        older=addresses.to("/dead-letters", older) if older else None,
    )


@router.get("/dead-letters/{identity}")
def one(request: Request, viewer: Admin, identity: str) -> HTMLResponse:
    """One, with its message whole."""
    with transaction(parts_of(request).engine) as connection:
        letter = dead_letter(connection, key(identity, LARGEST_KEY))
    if letter is None:
        raise NotFound(f"there is no dead letter {identity}")
    message, is_text = shown(letter)
    return page(
        request,
        "dead_letter.html",
        viewer,
        title=f"Dead letter {letter.id}",
        letter=letter,
        meaning=words.sentence(REASONS.get(letter.reason, "a reason that this version does not know")),
        message=message,
        is_text=is_text,
    )


def shown(letter: StoredDeadLetter) -> tuple[str, bool]:
    """The message as a person reads it, and whether it is text; else it is in base64."""
    raw = letter.raw or b""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), False
    try:
        return words.json_text(json.loads(text)), True
    except (ValueError, RecursionError):
        return "\n".join(map(words.plain, text.split("\n"))), True


def _group(addresses: Addresses, reason: str, number: int, stream: str | None) -> dict[str, Any]:
    kept = [("reason", reason), *([("stream", stream)] if stream else [])]
    # of one import, how many there are of each reason is told by its backfill
    return {
        "reason": reason,
        "count": None if stream else number,
        "href": addresses.to("/dead-letters", kept),
    }


def _settle(addresses: Addresses, which: Query) -> str:
    return addresses.to("/dead-letters/settle", [("what", "replay"), *((n, str(v)) for n, v in which)])
