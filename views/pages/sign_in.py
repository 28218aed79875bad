"""Signing in and out: a form; `/session` does the rest."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from .rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def sign_in(request: Request) -> HTMLResponse:
    """The form. It ignores the cookie: one that has expired must not keep anybody out."""
    following = request.query_params.get("next")
    return page(request, "sign_in.html", None, title="Sign in", problem=None, next=following)
