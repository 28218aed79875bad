"""A token is exchanged once for a cookie, so that a browser need not carry it in addresses or scripts.

The cookie is the token: it ends when the token does, and nothing is stored here.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from trailkeeper.producer.requests.origin import from_request

from .app_state import app_state_of
from .auth import CurrentViewer, refuse_other_sites, verified
from .documents.events import ViewerDocument
from .documents.problems import PROBLEMS
from .problems import Problem
from .session_cookie import root_path, set_cookie

LONGEST_COOKIE = 3_900
"""Characters; a browser silently drops a cookie of more than 4,096."""

FORM = "application/x-www-form-urlencoded"
_SCHEMA = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": {"type": "string", "minLength": 1, "description": "A signed token."},
        "next": {"type": "string", "description": "Where a browser is sent next: a path of this service."},
    },
    "example": {"token": "eyJhbGciOiJIUzI1NiIs..."},
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _SCHEMA}, FORM: {"schema": _SCHEMA}},
    }
}

router = APIRouter(tags=["session"])


@router.get("/session", summary="Who am I?", response_model=ViewerDocument, responses={401: PROBLEMS[401]})
async def show(viewer: CurrentViewer) -> Response:
    """What the token or cookie of the request says about the viewer."""
    return Response(msgspec.json.encode(viewer), media_type="application/json")


@router.post(
    "/session",
    summary="Exchange a token for a cookie",
    status_code=204,
    response_class=Response,
    openapi_extra=BODY,
    responses={
        204: {"description": "The cookie is set."},
        303: {"description": "A form was sent: the cookie is set, and the browser is sent to `next`."},
        **{status: PROBLEMS[status] for status in (400, 401, 403, 413, 415, 422, 429)},
    },
)
async def begin(request: Request) -> Response:
    """The cookie is `HttpOnly`, `SameSite=Lax` and `Secure`, and ends with the browser or the token."""
    refuse_other_sites(request)
    state = app_state_of(request)
    state.token_rate.refuse_excess(from_request(request).ip, "too many attempts; wait a little")
    body = await _body(request)
    token = body.get("token")
    if not isinstance(token, str) or not token.strip():
        raise Problem(422, "token: is missing", errors=[{"field": "token", "problem": "is missing"}])
    token = token.strip()
    verified(state, token)
    if len(token) > LONGEST_COOKIE:
        raise Problem(422, "the token is too long for a cookie; send it in the Authorization header")
    response = _response(request, body.get("next"))
    set_cookie(request, response, token)
    return response


@router.delete(
    "/session", summary="Log out", status_code=204, response_class=Response, responses={403: PROBLEMS[403]}
)
async def end(request: Request) -> Response:
    """The cookie is removed. The token itself stays valid until it expires."""
    refuse_other_sites(request)
    response = Response(status_code=204)
    set_cookie(request, response, None)
    return response


@router.post("/session/end", include_in_schema=False)
async def end_by_form(request: Request) -> Response:
    """The same for a form, which cannot send DELETE."""
    refuse_other_sites(request)
    response = RedirectResponse(_home(request), 303)
    set_cookie(request, response, None)
    return response


async def _body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        return dict(await request.form())
    if kind != "application/json":
        raise Problem(415, f"the body has the wrong type; expected application/json or {FORM}")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise Problem(400, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise Problem(422, "the body is not an object; expected one with a token")
    return body


def _response(request: Request, following: object) -> Response:
    if request.headers.get("content-type", "").startswith(FORM):
        return RedirectResponse(_local(following) or _home(request), 303)
    return Response(status_code=204)


def _local(following: object) -> str | None:
    """A path of this host and nothing else: neither `//elsewhere` nor anything browsers read as that."""
    if not isinstance(following, str) or not following.startswith("/"):
        return None
    doubtful = following.startswith(("//", "/\\")) or any(
        letter <= " " or letter == "\\" for letter in following
    )
    return None if doubtful else following


def _home(request: Request) -> str:
    return f"{root_path(request)}/"
