"""Who looks at a page, and whose pages are whose."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from trailkeeper.views.auth import viewer_of
from trailkeeper.views.errors import NotFound
from trailkeeper.views.viewer import Viewer

from .rendering import addresses_of, here


async def _visitor(request: Request) -> Viewer:
    viewer = await viewer_of(request)
    request.state.viewer = viewer  # for the page of an error
    return viewer


Visitor = Annotated[Viewer, Depends(_visitor)]
"""Whoever looks, perhaps not signed in."""


async def _person(request: Request, viewer: Visitor) -> Viewer:
    if viewer.user_id is None and not viewer.staff and not viewer.projects and not viewer.organizations:
        to = addresses_of(request).to("/sign-in", [("next", here(request))])
        raise HTTPException(303, headers={"Location": to})
    return viewer


Person = Annotated[Viewer, Depends(_person)]
"""Somebody who is signed in; others are sent to sign in first."""


async def _admin(viewer: Visitor) -> Viewer:
    if not viewer.staff:
        raise NotFound("this page is for admins")
    return viewer


Admin = Annotated[Viewer, Depends(_admin)]
"""One of the staff; to others the page does not exist."""
