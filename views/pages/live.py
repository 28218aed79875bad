"""New events of a history as rows of its page, while somebody looks at it.

The API's live tail with each event drawn by the templates, so that a row that
arrives is the one that would have been there: same words, links and escapes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from trailkeeper.views.api import tail as tails
from trailkeeper.views.api.asked import Asked
from trailkeeper.views.api.export import Held
from trailkeeper.views.errors import NotFound
from trailkeeper.views.problems import Problem
from trailkeeper.views.tail import Tail
from trailkeeper.views.watched import record_view

from .asking import Asking, asking
from .rendering import environment
from .rows import Rows
from .subjects import subject_of
from .visitors import Visitor

router = APIRouter(include_in_schema=False)

_looks = tails.Looks()
_DATA = b"\ndata: "

Draw = Callable[[dict[str, Any]], str]


@router.get("/live")
def live(request: Request, viewer: Visitor, about: str, id: str | None = None) -> Response:  # noqa: A002 - the parameter's name
    """Server-sent events named ``event``, each a row in HTML.

    Raises:
        NotFound: the history is not the viewer's to see.
        Problem: a filter cannot be used, or there are too many live tails.
    """
    try:
        subject, since = subject_of(viewer, about, id), _since(request)
    except ValueError as error:
        raise NotFound("no history can be followed so") from error
    ask = asking(request, viewer, subject)
    if ask.filters.problem:
        raise Problem(422, ask.filters.problem)
    give_back = ask.parts.tails.take(Asked(ask.parts, viewer, ask.question).who(request))
    try:
        record_view(viewer, ask.question, request=request)
        tail = _tail(ask, since)
        ask.refuse_unknown()
        sent = drawn(tails.messages(tail, _looks, since), _draw(ask))
        return Held(sent, give_back, media_type=tails.MEDIA_TYPE, headers=tails.HEADERS)
    except BaseException:
        give_back()
        raise


def _since(request: Request) -> UUID | None:
    """The newest event that the page has: by the browser when it comes again, else by the page."""
    found = request.headers.get("last-event-id") or request.query_params.get("after")
    return UUID(found) if found else None


def _tail(ask: Asking, since: UUID | None) -> Tail:
    try:
        return Tail(ask.parts.reader, ask.viewer, ask.question, since)
    except ValueError as error:
        raise Problem(422, f"after: {error}") from error


def _draw(ask: Asking) -> Draw:
    policy = ask.parts.reader.policy
    own = ask.addresses.history(ask.subject.about, ask.subject.id)
    rows = Rows(policy.catalogue, policy, ask.viewer, ask.addresses, own)
    template = environment().get_template("_row.html")

    def draw(event: dict[str, Any]) -> str:
        return template.render(row=rows.of(event), tag_href=lambda tag: f"{own}?tag={tag}")

    return draw


async def drawn(messages: AsyncIterator[bytes], draw: Draw) -> AsyncIterator[bytes]:
    """The same messages with rows in the place of JSON; what holds no event passes as it is."""
    async for message in messages:
        head, found, data = message.partition(_DATA)
        if not found:
            yield message
            continue
        lines = draw(msgspec.json.decode(data)).encode().split(b"\n")
        yield head + b"".join(_DATA + line for line in lines) + b"\n\n"
