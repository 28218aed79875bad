"""Who asks: what the host application says, or a signed token in a header or a cookie."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.concurrency import run_in_threadpool

from trailkeeper.producer.errors import SettingsError

from .errors import NotFound
from .parts import Parts, parts_of
from .problems import Problem, unauthorized
from .tokens import verify
from .viewer import ANYBODY, Viewer

SECURE_COOKIE = "__Host-trailkeeper"  # a name under which browsers take none but a secure one of this host
PLAIN_COOKIE = "trailkeeper"

_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="A signed token.")
_COOKIE = APIKeyCookie(
    name=SECURE_COOKIE,
    auto_error=False,
    scheme_name="session",
    description="What `POST /session` sets. Without HTTPS its name is `trailkeeper`.",
)


async def viewer_of(request: Request) -> Viewer:
    """The viewer of a request; `ANYBODY` where nobody says who asks.

    Raises:
        Problem: 401, a token was given that does not hold.
    """
    parts = parts_of(request)
    if parts.identify is not None:
        # it may ask a database of its own
        return await run_in_threadpool(parts.identify, request) or ANYBODY
    token = _header(request) or request.cookies.get(cookie_name(parts))
    return ANYBODY if token is None else verified(parts, token)


async def _documented(
    request: Request,
    _token: Annotated[object, Security(_BEARER)],
    _cookie: Annotated[object, Security(_COOKIE)],
) -> Viewer:
    return await viewer_of(request)


Asking = Annotated[Viewer, Depends(_documented)]
"""The viewer, as a parameter of an endpoint."""


def verified(parts: Parts, token: str) -> Viewer:
    """The viewer that a token speaks of.

    Raises:
        InvalidToken: it does not hold.
        Problem: 401, no token can hold: there is no key.
    """
    try:
        return verify(parts.settings, token)
    except SettingsError as error:
        raise unauthorized("tokens are not taken here: no key to verify them is configured") from error


def cookie_name(parts: Parts) -> str:
    """What the session cookie is called."""
    return SECURE_COOKIE if parts.settings.cookie_secure else PLAIN_COOKIE


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
        raise Problem(403, "this came from a page of another site")


def refuse_forged(request: Request) -> None:
    """Refuse a command that a browser may have sent without whoever sits before it meaning to.

    A bearer's token is added by programs only. What a browser adds by itself counts only where the browser
    also says that a page of ours sent it.

    Raises:
        Problem: 403.
    """
    if request.headers.get("authorization", "").lower().startswith("bearer "):
        return
    if not {"sec-fetch-site", "origin"} & set(request.headers.keys()):
        raise Problem(403, "nothing says which page this came from; send a bearer token, or use a browser")
    refuse_other_sites(request)


async def _admin(viewer: Asking) -> Viewer:
    if not viewer.staff:
        raise NotFound("this is for admins")
    return viewer


Administering = Annotated[Viewer, Depends(_admin)]
"""One of the staff; to others there is no such address."""


async def _commander(request: Request, viewer: Administering) -> Viewer:
    refuse_forged(request)
    may_command(request, viewer)
    return viewer


Commanding = Annotated[Viewer, Depends(_commander)]
"""One of the staff, who means it, and not too often."""


def may_command(request: Request, viewer: Viewer) -> None:
    """Count one command of an admin.

    Raises:
        Problem: 429.
    """
    wait = parts_of(request).commands.take(f"id {viewer.user_id}")
    if wait is not None:
        headers = {"Retry-After": str(int(wait) + 1)}
        raise Problem(429, "too many commands; wait a little", headers=headers)


def _header(request: Request) -> str | None:
    given = request.headers.get("authorization")
    if given is None:
        return None
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized("the Authorization header is not understood; expected: Bearer and a token")
    return token.strip()
