"""The session cookie: its name, and the path below which browsers send it.

Alone on a host the cookie is ``__Host-``, which no other host of the domain can set. Below a
path it is ``__Secure-`` and for that path only, so that what else lives on the host never gets it;
``__Host-`` would require the path ``/``.
"""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from .app_state import app_state_of

SECURE_COOKIE = "__Host-trailkeeper"
SECURE_COOKIE_BELOW_A_PATH = "__Secure-trailkeeper"
PLAIN_COOKIE = "trailkeeper"


def root_path(request: Request) -> str:
    """The path that the application is served below: empty, or such as ``/audit``."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def cookie_name(request: Request) -> str:
    """What the session cookie is called."""
    if not app_state_of(request).settings.cookie_secure:
        return PLAIN_COOKIE
    return SECURE_COOKIE_BELOW_A_PATH if root_path(request) else SECURE_COOKIE


def set_cookie(request: Request, response: Response, token: str | None) -> None:
    """Have a browser keep a token as its session cookie; with None, forget it."""
    response.set_cookie(
        cookie_name(request),
        token or "",
        max_age=None if token else 0,
        expires=None if token else 0,
        path=root_path(request) or "/",
        httponly=True,
        samesite="lax",
        secure=app_state_of(request).settings.cookie_secure,
    )
