"""Who asks: what the host application says, or a signed token in a header or a cookie."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.concurrency import run_in_threadpool

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.requests.origin import from_request

from .app_state import AppState, app_state_of
from .errors import NotFound
from .problems import Problem, unauthorized
from .read_slots import HELD
from .session_cookie import SECURE_COOKIE, cookie_name
from .shares import taker
from .tokens import LEEWAY, verify
from .viewer import ANYBODY, Viewer

logger = logging.getLogger(__name__)

NO_LEEWAY = timedelta(0)
_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="A signed token.")
_COOKIE = APIKeyCookie(
    name=SECURE_COOKIE,
    auto_error=False,
    scheme_name="session",
    description=(
        "The cookie that `POST /session` sets. Below a path it is `__Secure-trailkeeper`,"
        " without HTTPS `trailkeeper`."
    ),
)


async def viewer_of(request: Request) -> Viewer:
    """The viewer of a request; `ANYBODY` where nobody says who asks.

    Raises:
        Problem: 401, the token is not valid.
    """
    viewer = await _identified(request)
    request.state.viewer = viewer  # an error page shows who is signed in
    return viewer


async def still_the_same(request: Request, viewer: Viewer) -> bool:
    """Whether a request that is being answered would have this viewer, with these roles, if it came now.

    False too where nobody can say who asks: a right that cannot be confirmed has ended.
    """
    try:
        return await _identified(request, leeway=NO_LEEWAY) == viewer
    except Exception as error:  # noqa: BLE001 - the host's own code raises anything
        logger.info("a viewer of an export or live tail cannot be confirmed: %s", type(error).__name__)
        return False


async def _identified(request: Request, *, leeway: timedelta = LEEWAY) -> Viewer:
    state = app_state_of(request)
    if state.identify is not None:
        # the host may query a database of its own
        return await run_in_threadpool(state.identify, request) or ANYBODY
    token = _bearer_token(request) or request.cookies.get(cookie_name(request))
    return ANYBODY if token is None else verified(state, token, leeway)


async def _documented(
    request: Request,
    _token: Annotated[object, Security(_BEARER)],
    _cookie: Annotated[object, Security(_COOKIE)],
) -> Viewer:
    viewer = await viewer_of(request)
    slots = app_state_of(request).read_slots
    request.scope[HELD].append(await slots.acquire(taker(viewer, from_request(request).ip)))
    return viewer


CurrentViewer = Annotated[Viewer, Depends(_documented)]
"""The viewer, as a parameter of an endpoint; perhaps nobody in particular. The request has a slot to read."""


def verified(state: AppState, token: str, leeway: timedelta = LEEWAY) -> Viewer:
    """The viewer that a token names.

    Raises:
        InvalidToken: the token is not valid.
        Problem: 401, no token can be valid: there is no key.
    """
    try:
        return verify(state.settings, token, leeway)
    except SettingsError as error:
        raise unauthorized("this service accepts no tokens: it has no key to verify them") from error


def refuse_other_sites(request: Request) -> None:
    """Refuse what a page of another site made a browser send.

    Raises:
        Problem: 403.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        raise Problem(403, "a page of another site sent this request")


def refuse_forged(request: Request) -> None:
    """Refuse a command that a browser may have sent without its user's intent (CSRF).

    Only programs send a bearer token. What a browser sends by itself counts only if the
    browser also says that a page of ours sent it.

    Raises:
        Problem: 403.
    """
    if request.headers.get("authorization", "").lower().startswith("bearer "):
        return
    if not {"sec-fetch-site", "origin"} & set(request.headers.keys()):
        raise Problem(403, "nothing says which page sent this request; send a bearer token, or use a browser")
    refuse_other_sites(request)


async def _admin(viewer: CurrentViewer) -> Viewer:
    if not viewer.staff:
        raise NotFound("this is for admins")
    return viewer


AdminViewer = Annotated[Viewer, Depends(_admin)]
"""An admin; for others there is no such address."""


async def _commanding(request: Request, viewer: AdminViewer) -> Viewer:
    refuse_forged(request)
    count_command(request, viewer)
    return viewer


CommandingAdmin = Annotated[Viewer, Depends(_commanding)]
"""An admin whose own client sent this, within the rate limit of commands."""


def count_command(request: Request, viewer: Viewer) -> None:
    """Count one command of an admin.

    Raises:
        Problem: 429.
    """
    limiter = app_state_of(request).command_rate
    limiter.refuse_excess(f"id {viewer.user_id}", "too many commands; wait a little")


def _bearer_token(request: Request) -> str | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized("the Authorization header cannot be read; expected: Bearer and a token")
    return token.strip()
