"""Signing in: the form, whose token `/session` exchanges, and the pages that need somebody who did."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from trailkeeper.views.auth import CurrentViewer
from trailkeeper.views.viewer import Viewer

from .rendering import addresses_of, here, page

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def sign_in(request: Request) -> HTMLResponse:
    """The form. It ignores the cookie: one that has expired must not keep anybody out."""
    following = request.query_params.get("next")
    return page(request, "sign_in.html", None, title="Sign in", problem=None, next=following)


async def _signed_in(request: Request, viewer: CurrentViewer) -> Viewer:
    if viewer.user_id is None and not viewer.staff and not viewer.projects and not viewer.organizations:
        to = addresses_of(request).to("/sign-in", [("next", here(request))])
        raise HTTPException(303, headers={"Location": to})
    return viewer


SignedIn = Annotated[Viewer, Depends(_signed_in)]
