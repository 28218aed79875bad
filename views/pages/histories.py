"""The pages of histories: of a user, a project, an organization, and of everything."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse

from trailkeeper.views.auth import AdminViewer, CurrentViewer
from trailkeeper.views.path_ids import IDENTITY
from trailkeeper.views.viewer import Viewer

from . import page_subjects as subjects
from .history import history_page
from .rendering import addresses_of
from .sign_in import SignedIn

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, viewer: CurrentViewer) -> RedirectResponse:
    """The page that a viewer most likely wants."""
    addresses = addresses_of(request)
    return RedirectResponse(addresses.to(_first(viewer)), 303)


@router.get("/me")
def mine(request: Request, viewer: SignedIn) -> HTMLResponse:
    """One's own security history."""
    return history_page(request, viewer, subjects.user(viewer, viewer.user_id or ""))


@router.get(f"/users/{IDENTITY}")
def of_a_user(request: Request, viewer: CurrentViewer, identity: str) -> HTMLResponse:
    """Somebody's security history; for themselves and admins."""
    return history_page(request, viewer, subjects.user(viewer, identity))


@router.get(f"/projects/{IDENTITY}")
def of_a_project(request: Request, viewer: CurrentViewer, identity: str) -> HTMLResponse:
    """A project's history: all of it for owners, who released what for everybody."""
    return history_page(request, viewer, subjects.project(viewer, identity))


@router.get(f"/organizations/{IDENTITY}")
def of_an_organization(request: Request, viewer: CurrentViewer, identity: str) -> HTMLResponse:
    """An organization's history, for its people."""
    return history_page(request, viewer, subjects.organization(viewer, identity))


@router.get("/log")
def log(request: Request, viewer: AdminViewer) -> HTMLResponse:
    """Everything, for admins."""
    return history_page(request, viewer, subjects.everything())


def _first(viewer: Viewer) -> str:
    if viewer.user_id is not None:
        return "/me"
    if viewer.staff:
        return "/log"
    return "/projects" if viewer.projects else "/sign-in"
