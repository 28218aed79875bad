"""Signing in: the form, whose token `/session` exchanges, and the pages that need somebody who did."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import CurrentViewer
from trailkeeper.views.viewer import Viewer

from .rendering import addresses_of, here, page

CANNOT_STAY = (
    "You cannot stay signed in here: this page came over plain HTTP, and browsers drop its cookie, which is"
    " for HTTPS only. Open it by https://. If a proxy does that already, it must send X-Forwarded-Proto, and"
    " its address must be in TRAILKEEPER_TRUSTED_PROXIES. For a test without HTTPS, set"
    " TRAILKEEPER_COOKIE_SECURE=false."
)

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def sign_in(request: Request) -> HTMLResponse:
    """The form. It ignores the cookie: one that has expired must not keep anybody out."""
    following = request.query_params.get("next")
    problem = CANNOT_STAY if _cookie_would_be_dropped(request) else None
    return page(request, "sign_in.html", None, title="Sign in", problem=problem, next=following)


def _cookie_would_be_dropped(request: Request) -> bool:
    """Whether a browser drops the session cookie at once: it is for HTTPS, or a host of this machine."""
    host = request.url.hostname or ""
    return (
        app_state_of(request).settings.cookie_secure
        and request.url.scheme != "https"
        and not (host == "localhost" or host.endswith(".localhost") or _is_loopback(host))
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def _signed_in(request: Request, viewer: CurrentViewer) -> Viewer:
    if viewer.user_id is None and not viewer.staff and not viewer.projects and not viewer.organizations:
        to = addresses_of(request).to("/sign-in", [("next", here(request))])
        raise HTTPException(303, headers={"Location": to})
    return viewer


SignedIn = Annotated[Viewer, Depends(_signed_in)]
