"""Whose history a page shows, and how the page describes it."""

from __future__ import annotations

from dataclasses import dataclass

from trailkeeper.models.histories import About
from trailkeeper.producer.catalogue import Role
from trailkeeper.views.viewer import Viewer

from .typed_filters import ALL, OWN, PUBLIC


@dataclass(frozen=True)
class PageSubject:
    """One history as the page of one viewer describes it.

    Attributes:
        about: of what kind.
        id: whose; None for everything.
        eyebrow: the line above the title.
        lede: the sentence below it.
        filters: that the form offers.
        roles: of the viewer towards it; None for admins.
        public: the viewer sees the public view, or little more.
        empty: the text if there are no events.
        tabs: parts of it by name, as filters; the first is all of it.
    """

    about: About
    id: str | None
    eyebrow: str
    lede: str
    filters: tuple[str, ...]
    roles: frozenset[Role] | None
    public: bool = False
    empty: str = "New events appear here within a second."
    tabs: tuple[tuple[str, dict[str, str]], ...] = ()


Tabs = tuple[tuple[str, dict[str, str]], ...]

OF_USER: Tabs = (
    ("Everything", {}),
    ("On my behalf, by services", {"via_service": "true"}),
    ("Signing in", {"tag": "account:login:*"}),
)
OF_PROJECT: Tabs = (
    ("Everything", {}),
    ("Releases", {"tag": "project:release:*"}),
    ("People", {"tag": "project:role:*"}),
)
OF_EVERYTHING: Tabs = (
    ("Everything", {}),
    ("Failed logins", {"tag": "account:login:failure"}),
    ("By services", {"via_service": "true"}),
    ("By admins", {"tag": "admin:*"}),
)


def user(viewer: Viewer, identity: str) -> PageSubject:
    """A person's security history."""
    own = identity == viewer.user_id
    return PageSubject(
        "user",
        identity,
        "My security history" if own else "Security history",
        "Everything done to your account, by you or on your behalf. Was something not you? Tell support."
        if own
        else "Everything done to this account, by its owner or on their behalf.",
        ALL if viewer.staff else OWN,
        None if viewer.staff else frozenset({"self"}),
        tabs=OF_USER if own else (OF_USER[0], ("On their behalf, by services", OF_USER[1][1]), OF_USER[2]),
    )


def project(viewer: Viewer, identity: str) -> PageSubject:
    """A project's history, as much as the viewer's role shows."""
    role = viewer.projects.get(identity)
    full = viewer.staff or role == "owner"
    lede = "Everything done to this project, by anyone." if full else "Who released what, and when."
    return PageSubject(
        "project",
        identity,
        "Project" if role is None else f"Project · you are {'an' if role == 'owner' else 'a'} {role}",
        lede,
        ALL if full else PUBLIC,
        _roles(viewer, role),
        public=not full,
        tabs=OF_PROJECT if full else (),
    )


def organization(viewer: Viewer, identity: str) -> PageSubject:
    """An organization's history, for its people."""
    role = viewer.organizations.get(identity)
    full = viewer.staff or role == "owner"
    return PageSubject(
        "organization",
        identity,
        "Organization",
        "Everything done to this organization, its teams and its projects.",
        ALL if full else PUBLIC,
        _roles(viewer, role),
        public=not full,
    )


def everything() -> PageSubject:
    """The full log, for admins."""
    return PageSubject(
        "all",
        None,
        "For admins",
        "Every event of every history. Your looking at it is recorded too.",
        ALL,
        None,
        tabs=OF_EVERYTHING,
    )


def subject_of(viewer: Viewer, about: str, identity: str | None) -> PageSubject:
    """Any of them, by what it is about.

    Raises:
        ValueError: there is no such history.
    """
    match about:
        case "user" if identity:
            return user(viewer, identity)
        case "project" if identity:
            return project(viewer, identity)
        case "organization" if identity:
            return organization(viewer, identity)
        case "all" if identity is None:
            return everything()
        case _:
            raise ValueError(f"there is no history of {about[:40]!r}")


def _roles(viewer: Viewer, role: Role | None) -> frozenset[Role] | None:
    if viewer.staff:
        return None
    return frozenset({"public", *({role} if role else ()), *({"self"} if viewer.user_id else ())})
