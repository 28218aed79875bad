"""Messages that could not be stored, for admins: by reason, newest first, and one with its message."""

from __future__ import annotations

import base64
import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from models.engine import transaction
from models.status import StoredDeadLetter, dead_letter, dead_letter_counts, dead_letters
from producer.wire import REASONS
from views.errors import NotFound
from views.parts import parts_of

from . import words
from .addresses import Addresses
from .rendering import addresses_of, page
from .visitors import Admin

router = APIRouter(include_in_schema=False)

SHOWN = 50
LARGEST_KEY = 2**63 - 1


@router.get("/dead-letters")
def listed(request: Request, viewer: Admin) -> HTMLResponse:
    """All of one reason, or of any."""
    reason = request.query_params.get("reason") or None
    before = _key(request.query_params["before"]) if "before" in request.query_params else None
    with transaction(parts_of(request).engine) as connection:
        counts = dead_letter_counts(connection)
        found = dead_letters(connection, limit=SHOWN + 1, reason=reason, before=before)
    addresses = addresses_of(request)
    kept = [("reason", reason)] if reason else []
    older = [*kept, ("before", str(found[SHOWN - 1].id))] if len(found) > SHOWN else None
    return page(
        request,
        "dead_letters.html",
        viewer,
        title="Dead letters",
        reason=reason,
        meaning=words.sentence(REASONS[reason]) if reason in REASONS else None,
        total=sum(counts.values()),
        groups=[_group(addresses, name, number) for name, number in counts.items()],
        letters=[(letter, addresses.to(f"/dead-letters/{letter.id}")) for letter in found[:SHOWN]],
        newest=before is None,
        newest_href=addresses.to("/dead-letters", kept),
        older=addresses.to("/dead-letters", older) if older else None,
    )


@router.get("/dead-letters/{identity}")
def one(request: Request, viewer: Admin, identity: str) -> HTMLResponse:
    """One, with its message whole."""
    with transaction(parts_of(request).engine) as connection:
        letter = dead_letter(connection, _key(identity))
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


def _group(addresses: Addresses, reason: str, number: int) -> dict[str, Any]:
    return {"reason": reason, "count": number, "href": addresses.to("/dead-letters", [("reason", reason)])}


def _key(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < len(str(LARGEST_KEY))):
        raise NotFound(f"{text[:40]!r} is no dead letter's number")
    return int(text)
