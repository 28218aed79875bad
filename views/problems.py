"""Every error of the service in one shape: ``application/problem+json`` (RFC 9457).

An answer tells what was wrong with the question, and of our own troubles only
that they are ours. Where an application shows pages, it sets
``app.state.error_page``, and browsers get a page instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trailkeeper.models.errors import RefusedRow, StoreError, StoreMisconfigured
from trailkeeper.producer.errors import EventNotRecorded, TrailkeeperError

from .errors import InvalidCursor, InvalidToken, NotFound

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
QUERY_CANCELED = "57014"
RETRY_SECONDS = 2
LONGEST_SHOWN = 200  # characters of what somebody sent, when an answer repeats it

NOT_FOUND = "there is no such history or event, or it is not yours to see"
AWAY = "the database does not answer; nothing is wrong with the question"
TOO_SLOW = "the answer took too long to find; ask for a shorter time range or with fewer filters"
NO_SCHEMA = "the service is not set up yet"
NOT_RECORDED = "this is only done if it can be recorded, and at the moment it cannot"
OURS = "something went wrong here; it is in the log"


class Problem(Exception):  # noqa: N818 - what the document it becomes is called
    """An answer other than what was asked for.

    Args:
        status: of HTTP.
        detail: one sentence for the person who asked.
        headers: besides the usual ones.
        errors: what is wrong, field by field: ``{"field", "problem"}``.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = list(errors)


def document(problem: Problem) -> dict[str, Any]:
    """The problem as RFC 9457 writes it."""
    found: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    return found | ({"errors": problem.errors} if problem.errors else {})


def response(problem: Problem) -> Response:
    """The problem as an answer."""
    body = msgspec.json.encode(document(problem))
    return Response(body, problem.status, problem.headers, MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """What the person who asked is told of an error; what is ours is logged, and not told."""
    for kind, told in _TOLD:
        if isinstance(error, kind):
            return told(error)
    return _of_trouble(error)


def unauthorized(detail: str, code: str | None = None) -> Problem:
    """Who asks did not show who they are, or not in a way that holds."""
    said = f'Bearer realm="trailkeeper", error="{code}"' if code else 'Bearer realm="trailkeeper"'
    return Problem(401, detail, headers={"WWW-Authenticate": said})


def install(app: FastAPI) -> None:
    """Answer every error of an application so."""
    for kind in (*(kind for kind, _ in _TOLD), StoreError, TrailkeeperError):
        app.add_exception_handler(kind, _answer)


class Troubles:
    """Answers what nobody expected. Within the middleware, so that this answer too has all its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise  # too late for another answer: the connection breaks off
            await (await _answer(Request(scope), error))(scope, receive, send)


async def _answer(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status < HTTPStatus.BAD_REQUEST:  # a way on, which is no problem
        return Response(status_code=problem.status, headers=problem.headers)
    error_page = getattr(request.app.state, "error_page", None)
    if error_page is not None and _is_a_browser(request):
        page: Response = error_page(request, problem)
        page.headers.update(problem.headers)
        return page
    return response(problem)


def _is_a_browser(request: Request) -> bool:
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return not path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _of_http(error: HTTPException) -> Problem:
    """What the framework itself refuses: no such path, no such method, a body that it cannot read."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        return Problem(404, NOT_FOUND)
    return Problem(error.status_code, str(error.detail), headers=error.headers)


def _of_validation(error: RequestValidationError) -> Problem:
    errors = [
        {
            "field": ".".join(str(part) for part in found["loc"][1:])[:LONGEST_SHOWN],
            "problem": f"{found['msg'][:1].lower()}{found['msg'][1:LONGEST_SHOWN]}",
        }
        for found in error.errors()
    ]
    told = "; ".join(f"{each['field'] or 'body'}: {each['problem']}" for each in errors[:3])
    return Problem(422, told[: 3 * LONGEST_SHOWN], errors=errors[:20])


def _of_trouble(error: Exception) -> Problem:
    if isinstance(error, RefusedRow):
        return Problem(422, "the question holds a value that no event can have")
    if isinstance(error, StoreError) and error.sqlstate == QUERY_CANCELED:
        return Problem(503, TOO_SLOW, headers={"Retry-After": str(RETRY_SECONDS)})
    if isinstance(error, EventNotRecorded):
        return Problem(503, NOT_RECORDED, headers={"Retry-After": str(RETRY_SECONDS)})
    if isinstance(error, (StoreError, TrailkeeperError)):
        logger.error("could not answer: %s", error)
        detail = NO_SCHEMA if isinstance(error, StoreMisconfigured) else AWAY
        return Problem(503, detail, headers={"Retry-After": str(RETRY_SECONDS)})
    logger.error("could not answer", exc_info=error)
    return Problem(500, OURS)


_TOLD: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (Problem, lambda error: error),
    (HTTPException, _of_http),
    (RequestValidationError, _of_validation),
    (NotFound, lambda _: Problem(404, NOT_FOUND)),
    (InvalidCursor, lambda _: Problem(422, "cursor: it was altered, or belongs to another question")),
    (InvalidToken, lambda error: unauthorized(str(error), "invalid_token")),
)
