"""The projects and organizations of a viewer, each list with the newest events of all of them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from trailkeeper.models.histories import EventKey, Question
from trailkeeper.producer.deceptive import is_visible
from trailkeeper.views.access_events import record_view
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.reading import Reader, key_of
from trailkeeper.views.viewer import Membership, Viewer

from .rendering import addresses_of, here, page
from .rows import Rows
from .sign_in import SignedIn
from .words import plain

router = APIRouter(include_in_schema=False)

Kind = Literal["project", "organization"]
Event = dict[str, Any]

SHOWN = 50
MOST_READ = 20
"""Histories whose newest events are merged; each takes a query of its own."""

LEDES = {
    "project": "The newest events of all projects in which you have a role.",
    "organization": "The newest events of all organizations in which you have a role.",
}
TITLES = {"project": "My projects", "organization": "My organizations"}


class MembershipCard(NamedTuple):
    """A project or organization, and the viewer's role in it."""

    name: str
    role: Membership
    href: str


@router.get("/projects")
def projects(request: Request, viewer: SignedIn) -> HTMLResponse:
    """All projects of the viewer."""
    return _page(request, viewer, "project", viewer.projects)


@router.get("/organizations")
def organizations(request: Request, viewer: SignedIn) -> HTMLResponse:
    """All organizations of the viewer."""
    return _page(request, viewer, "organization", viewer.organizations)


def _page(request: Request, viewer: Viewer, kind: Kind, roles: dict[str, Membership]) -> HTMLResponse:
    reader, addresses = app_state_of(request).reader, addresses_of(request)
    read = sorted(roles)[:MOST_READ]
    for identity in read:
        record_view(viewer, Question(about=kind, id=identity), request=request)
    events = newest(reader, viewer, kind, read)
    names = _names(events, kind)
    cards = [
        MembershipCard(plain(names.get(one, one)), role, addresses.history(kind, one))
        for one, role in roles.items()
    ]
    rows = Rows(reader.policy.catalogue, reader.policy, viewer, addresses, here(request))
    return page(
        request,
        "memberships.html",
        viewer,
        title=TITLES[kind],
        lede=LEDES[kind],
        kind=kind,
        memberships=sorted(cards, key=lambda card: card.name.casefold()),
        days=rows.by_day(events),
        left_out=len(roles) - len(read),
    )


def newest(reader: Reader, viewer: Viewer, kind: Kind, ids: list[str]) -> list[Event]:
    """The newest events of several histories, each event once.

    Raises:
        StoreError: the database does not answer.
    """
    found: dict[EventKey, Event] = {}
    for identity in ids:
        events = reader.page(viewer, Question(about=kind, id=identity), limit=SHOWN).events
        found.update((key_of(event), event) for event in events)
    return [found[key] for key in sorted(found, reverse=True)[:SHOWN]]


def _names(events: list[Event], kind: Kind) -> dict[str, str]:
    """The newest name of each, as far as the events have one."""
    named = (event[kind] for event in reversed(events) if event[kind])
    return {subject["id"]: subject["name"] for subject in named if is_visible(subject["name"] or "")}
