"""Documents as answers: encoded directly from what the reader returned, without a model in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request
from starlette.responses import Response

from trailkeeper.views.history_request import HistoryRequest
from trailkeeper.views.reading import VisiblePage
from trailkeeper.views.replica_age import age_headers

_json = msgspec.json.Encoder()


def json_answer(value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON."""
    return Response(_json.encode(value), media_type="application/json", headers=headers)


def page_answer(ask: HistoryRequest, page: VisiblePage) -> Response:
    """A page with its cursors and with links to the pages beside it."""
    cursors = {
        "older": ask.state.cursors.older(ask.question, page.older),
        "newer": ask.state.cursors.newer(ask.question, page.newer),
    }
    links = {name: _link(ask.request, cursor) for name, cursor in cursors.items()}
    answer = {"events": page.events, **cursors, "links": {"self": _relative(ask.request.url), **links}}
    return json_answer(answer, age_headers(ask.as_of))


def _link(request: Request, cursor: str | None) -> str | None:
    return None if cursor is None else _relative(request.url.include_query_params(cursor=cursor))


def _relative(url: Any) -> str:
    # without scheme and host, which a client can forge
    return f"{url.path}?{url.query}" if url.query else str(url.path)
