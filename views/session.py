"""A token exchanged once for a cookie, so that a browser need not carry it in addresses or scripts.

The cookie is the token: it ends when the token does, and nothing is kept here.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from .api.documents import ViewerDocument
from .api.responses import PROBLEMS
from .auth import Asking, cookie_name, refuse_other_sites, verified
from .parts import Parts, parts_of
from .problems import Problem

LONGEST_COOKIE = 3_900
"""Characters; a browser drops a cookie of more than 4,096 without a word."""

FORM = "application/x-www-form-urlencoded"
_SCHEMA = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": {"type": "string", "minLength": 1, "description": "A signed token."},
        "next": {"type": "string", "description": "Where a browser goes on: a path of this service."},
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


@router.get(
    "/session",
    summary="Who am I?",
    response_model=ViewerDocument,
    responses={status: PROBLEMS[status] for status in (401,)},
)
async def show(viewer: Asking) -> Response:
    """What the token or cookie that came along says of who asks."""
    return Response(msgspec.json.encode(viewer), media_type="application/json")


@router.post(
    "/session",
    summary="Exchange a token for a cookie",
    status_code=204,
    response_class=Response,
    openapi_extra=BODY,
    responses={
        204: {"description": "The cookie is set."},
        303: {"description": "The cookie is set, and a form was sent: go on with `next`."},
        **{status: PROBLEMS[status] for status in (400, 401, 403, 413, 415, 422, 429)},
    },
)
async def begin(request: Request) -> Response:
    """The cookie is `HttpOnly`, `SameSite=Lax` and `Secure`, and ends with the browser or the token."""
    refuse_other_sites(request)
    parts = parts_of(request)
    wait = parts.tries.take(request.client.host if request.client else None)
    if wait is not None:
        raise Problem(429, "too many tries; wait a little", headers={"Retry-After": str(int(wait) + 1)})
    given = await _given(request)
    token = given.get("token")
    if not isinstance(token, str) or not token.strip():
        raise Problem(422, "token: is missing", errors=[{"field": "token", "problem": "is missing"}])
    token = token.strip()
    verified(parts, token)
    if len(token) > LONGEST_COOKIE:
        raise Problem(422, "the token is too long for a cookie; send it in the Authorization header")
    answer = _answer(request, given.get("next"))
    answer.set_cookie(
        cookie_name(parts),
        token,
        path="/",
        httponly=True,
        samesite="lax",
        secure=parts.settings.cookie_secure,
    )
    return answer


@router.delete(
    "/session", summary="Log out", status_code=204, response_class=Response, responses={403: PROBLEMS[403]}
)
async def end(request: Request) -> Response:
    """The cookie is removed. The token itself holds until it expires."""
    refuse_other_sites(request)
    return _ended(parts_of(request), Response(status_code=204))


@router.post("/session/end", include_in_schema=False)
async def end_by_form(request: Request) -> Response:
    """The same for a form, which knows no DELETE."""
    refuse_other_sites(request)
    return _ended(parts_of(request), RedirectResponse(_home(request), 303))


async def _given(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        return dict(await request.form())
    if kind != "application/json":
        raise Problem(415, f"the body is of another kind; expected application/json or {FORM}")
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise Problem(400, "the body is not JSON") from error
    if not isinstance(found, dict):
        raise Problem(422, "the body is no object; expected one with a token")
    return found


def _answer(request: Request, following: object) -> Response:
    if request.headers.get("content-type", "").startswith(FORM):
        return RedirectResponse(_local(following) or _home(request), 303)
    return Response(status_code=204)


def _local(following: object) -> str | None:
    """A path of this host and nothing else: neither `//elsewhere` nor what a browser takes for that."""
    if not isinstance(following, str) or not following.startswith("/"):
        return None
    doubtful = following.startswith(("//", "/\\")) or any(
        letter <= " " or letter == "\\" for letter in following
    )
    return None if doubtful else following


def _home(request: Request) -> str:
    return f"{request.scope.get('root_path', '')}/"


def _ended(parts: Parts, answer: Response) -> Response:
    answer.delete_cookie(
        cookie_name(parts), path="/", httponly=True, samesite="lax", secure=parts.settings.cookie_secure
    )
    return answer
