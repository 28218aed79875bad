"""Documents as answers: encoded straight from what the reader gave, without a model in between."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import Request
from starlette.responses import Response

from trailkeeper.models.histories import Question
from trailkeeper.views.cursors import Cursors
from trailkeeper.views.errors import InvalidCursor
from trailkeeper.views.reading import ShownPage

OLDER, NEWER = "older.", "newer."
_json = msgspec.json.Encoder()


def json_answer(value: Any) -> Response:
    """A value as JSON."""
    return Response(_json.encode(value), media_type="application/json")


def page_answer(request: Request, cursors: Cursors, question: Question, page: ShownPage) -> Response:
    """A page with its cursors and the addresses of the pages beside it."""
    older = cursors.write(question, page.older)
    newer = cursors.write(question, page.newer)
    beside = {"older": older and OLDER + older, "newer": newer and NEWER + newer}
    links = {name: _address(request, cursor) for name, cursor in beside.items()}
    found = {"events": page.events, **beside, "links": {"self": _relative(request.url), **links}}
    return json_answer(found)


def place_of(cursors: Cursors, question: Question, cursor: str | None) -> dict[str, Any]:
    """Where a page begins, as arguments of `Reader.page`.

    Raises:
        InvalidCursor: the cursor was altered, or belongs to another question.
    """
    match cursor:
        case None:
            return {}
        case str() if cursor.startswith(OLDER):
            return {"before": cursors.read(question, cursor.removeprefix(OLDER))}
        case str() if cursor.startswith(NEWER):
            return {"after": cursors.read(question, cursor.removeprefix(NEWER))}
        case _:
            raise InvalidCursor("it names no direction")


def _address(request: Request, cursor: str | None) -> str | None:
    return None if cursor is None else _relative(request.url.include_query_params(cursor=cursor))


def _relative(url: Any) -> str:
    # without scheme and host, which whoever asks may have made up
    return f"{url.path}?{url.query}" if url.query else str(url.path)
