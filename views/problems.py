"""Every error of the service in one shape: ``application/problem+json`` (RFC 9457).

An answer explains what was wrong with the request; of an error of ours it says only
that there was one. An application that shows pages sets ``app.state.error_page``, and
browsers get a page instead.
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

from .errors import InvalidCursor, InvalidToken, NotFound, ViewingEnded

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
QUERY_CANCELED = "57014"
RETRY_SECONDS = 2
LONGEST_SHOWN = 200  # characters of input that an answer repeats

NOT_FOUND = "there is no such history or event, or it is not yours to see"
AWAY = "the database does not answer; nothing is wrong with your request"
TOO_SLOW = "the query took too long; ask for a shorter time range or use fewer filters"
NO_SCHEMA = "the service is not set up yet"
NOT_RECORDED = "this must be recorded as an event, and at the moment it cannot be"
OURS = "something went wrong here; the log says what"


class Problem(Exception):  # noqa: N818 - what the document it becomes is called
    """An error answer.

    Args:
        status: of HTTP.
        detail: one sentence for the user.
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
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    return body | ({"errors": problem.errors} if problem.errors else {})


def response(problem: Problem) -> Response:
    """The problem as an answer."""
    body = msgspec.json.encode(document(problem))
    return Response(body, problem.status, problem.headers, MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """The answer to an error; an error of ours is logged, and not explained."""
    for kind, make in _PROBLEMS:
        if isinstance(error, kind):
            return make(error)
    return _of_internal_error(error)


def unauthorized(detail: str, code: str | None = None) -> Problem:
    """The request has no credentials, or none that are valid."""
    challenge = f'Bearer realm="trailkeeper", error="{code}"' if code else 'Bearer realm="trailkeeper"'
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})


def message_of(detail: Mapping[str, Any], skip: int = 0) -> tuple[str, str]:
    """The field and the message of one of pydantic's errors.

    Args:
        detail: one item of its ``errors()``.
        skip: how many parts of the location come before the field's name.
    """
    name = ".".join(str(part) for part in detail["loc"][skip:])[:LONGEST_SHOWN]
    return name, f"{detail['msg'][:1].lower()}{detail['msg'][1:LONGEST_SHOWN]}"


def install(app: FastAPI) -> None:
    """Answer every error of an application this way."""
    for kind in (*(kind for kind, _ in _PROBLEMS), StoreError, TrailkeeperError):
        app.add_exception_handler(kind, _answer)


class UnexpectedErrors:
    """Answers errors that nobody expected, inside the other middleware, so that they add their headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ViewingEnded as ended:
            logger.info("an answer was broken off: %s", ended)  # the server closes the connection
        except Exception as error:
            if scope["type"] != "http" or started:
                raise  # too late for another answer: the connection breaks off
            await (await _answer(Request(scope), error))(scope, receive, send)


async def _answer(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status < HTTPStatus.BAD_REQUEST:  # a redirect
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
    pairs = [message_of(detail, skip=1) for detail in error.errors()]
    text = "; ".join(f"{name or 'body'}: {message}" for name, message in pairs[:3])
    errors = [{"field": name, "problem": message} for name, message in pairs[:20]]
    return Problem(422, text[: 3 * LONGEST_SHOWN], errors=errors)


def _of_internal_error(error: Exception) -> Problem:
    if isinstance(error, RefusedRow):
        return Problem(422, "the request holds a value that no event can have")
    if isinstance(error, StoreError) and error.sqlstate == QUERY_CANCELED:
        return Problem(503, TOO_SLOW, headers={"Retry-After": str(RETRY_SECONDS)})
    if isinstance(error, EventNotRecorded):
        return Problem(503, NOT_RECORDED, headers={"Retry-After": str(RETRY_SECONDS)})
    if isinstance(error, (StoreError, TrailkeeperError)):
        logger.error("cannot answer: %s", error)
        detail = NO_SCHEMA if isinstance(error, StoreMisconfigured) else AWAY
        return Problem(503, detail, headers={"Retry-After": str(RETRY_SECONDS)})
    logger.error("cannot answer", exc_info=error)
    return Problem(500, OURS)


_PROBLEMS: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (Problem, lambda error: error),
    (HTTPException, _of_http),
    (RequestValidationError, _of_validation),
    (NotFound, lambda _: Problem(404, NOT_FOUND)),
    (InvalidCursor, lambda _: Problem(422, "cursor: it was altered, or belongs to another question")),
    (InvalidToken, lambda error: unauthorized(str(error), "invalid_token")),
)
