"""Pages for people who are signed in; others are sent to sign in first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from trailkeeper.views.auth import CurrentViewer
from trailkeeper.views.viewer import Viewer

from .rendering import addresses_of, here


async def _signed_in(request: Request, viewer: CurrentViewer) -> Viewer:
    if viewer.user_id is None and not viewer.staff and not viewer.projects and not viewer.organizations:
        to = addresses_of(request).to("/sign-in", [("next", here(request))])
        raise HTTPException(303, headers={"Location": to})
    return viewer


SignedIn = Annotated[Viewer, Depends(_signed_in)]
