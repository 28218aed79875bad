"""New events of a history as rows of its page, while it is open.

The API's live tail with each event rendered by the templates, so that a row that
arrives looks like one that was there: same words, links and escaping.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from trailkeeper.views.auth import CurrentViewer
from trailkeeper.views.errors import NotFound
from trailkeeper.views.filters import Id
from trailkeeper.views.problems import Problem
from trailkeeper.views.tail_stream import Messages, position, tail_response

from .page_request import PageRequest, page_request
from .page_subjects import subject_of
from .rendering import environment
from .rows import Rows

router = APIRouter(include_in_schema=False)

_DATA = b"\ndata: "
_LINE_END = re.compile(rb"\r\n|\r|\n")
"""Each ends a line of an event stream; one within a name must not begin a field of the message."""


@router.get("/live")
def live(request: Request, viewer: CurrentViewer, about: str, id: Id | None = None) -> Response:  # noqa: A002 - the parameter's name
    """Server-sent events named ``event``, each a row in HTML.

    Raises:
        NotFound: the history is not the viewer's to see.
        Problem: a filter is not valid, or there are too many live tails.
    """
    try:
        subject = subject_of(viewer, about, id)
    except ValueError as error:
        raise NotFound("there is no such history to follow") from error
    ask = page_request(request, viewer, subject)
    if ask.filters.problem:
        raise Problem(422, ask.filters.problem)
    # the browser says how far it has come when it reconnects, the page at first
    sent = request.headers.get("last-event-id") or request.query_params.get("after")
    since = position(ask.state.positions, sent, "after")
    return tail_response(ask, since, partial(as_rows, render=_renderer(ask)))


def _renderer(ask: PageRequest) -> Callable[[dict[str, Any]], str]:
    policy = ask.state.reader.policy
    own = ask.addresses.history(ask.subject.about, ask.subject.id)
    rows = Rows(policy.catalogue, policy, ask.viewer, ask.addresses, own)
    template = environment().get_template("_row.html")

    def render(event: dict[str, Any]) -> str:
        return template.render(row=rows.of(event), tag_href=lambda tag: f"{own}?tag={tag}")

    return render


async def as_rows(messages: Messages, render: Callable[[dict[str, Any]], str]) -> Messages:
    """The same messages with rows in place of JSON; messages without an event pass unchanged."""
    async for message in messages:
        head, separator, data = message.partition(_DATA)
        if not separator:
            yield message
            continue
        lines = _LINE_END.split(render(msgspec.json.decode(data)).encode())
        yield head + b"".join(_DATA + line for line in lines) + b"\n\n"
