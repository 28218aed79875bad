"""Whose history a page shows, and how it is spoken of."""

from __future__ import annotations

from dataclasses import dataclass

from trailkeeper.models.histories import About, Question
from trailkeeper.producer.catalogue import Role
from trailkeeper.views.viewer import Viewer

from .filters import ALL, OWN, PUBLIC


@dataclass(frozen=True)
class Subject:
    """One history as one viewer stands to it.

    Attributes:
        about: of whom or what.
        id: its id; None for everything.
        eyebrow: the line above the title.
        lede: the sentence below it.
        filters: that are offered.
        roles: in which the viewer looks; None for admins.
        public: the viewer sees what everybody sees, or little more.
        empty: what is said where there is nothing.
        tabs: parts of it by name, as a filter and its value; the first is all of it.
    """

    about: About
    id: str | None
    eyebrow: str
    lede: str
    filters: tuple[str, ...]
    roles: frozenset[Role] | None
    public: bool = False
    empty: str = "Events appear here within a second of happening."
    tabs: tuple[tuple[str, dict[str, str]], ...] = ()

    @property
    def question(self) -> Question:
        """All of it.

        Raises:
            ValueError: the id is none.
        """
        return Question(about=self.about, id=self.id)


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
    ("Admins' own", {"tag": "admin:*"}),
)


def user(viewer: Viewer, identity: str) -> Subject:
    """A person's security history."""
    own = identity == viewer.user_id
    return Subject(
        "user",
        identity,
        "My security history" if own else "Security history",
        "What was done to your account, by you and in your name. Was something not you? Tell support."
        if own
        else "What was done to this account, by it and in its name.",
        ALL if viewer.staff else OWN,
        None if viewer.staff else frozenset({"self"}),
        tabs=OF_USER if own else (OF_USER[0], ("On their behalf, by services", OF_USER[1][1]), OF_USER[2]),
    )


def project(viewer: Viewer, identity: str) -> Subject:
    """A project's history, as much as the viewer's role shows."""
    role = viewer.projects.get(identity)
    full = viewer.staff or role == "owner"
    lede = "Everything that was done to this project, by anybody." if full else "Who released what, and when."
    return Subject(
        "project",
        identity,
        "Project" if role is None else f"Project · you are {'an' if role == 'owner' else 'a'} {role}",
        lede,
        ALL if full else PUBLIC,
        _roles(viewer, role),
        public=not full,
        tabs=OF_PROJECT if full else (),
    )


def organization(viewer: Viewer, identity: str) -> Subject:
    """An organization's history, for its people."""
    role = viewer.organizations.get(identity)
    full = viewer.staff or role == "owner"
    return Subject(
        "organization",
        identity,
        "Organization",
        "What was done to this organization, its teams and its projects.",
        ALL if full else PUBLIC,
        _roles(viewer, role),
        public=not full,
    )


def everything() -> Subject:
    """The full log, for admins."""
    return Subject(
        "all",
        None,
        "For admins",
        "Every event of every history. That you look is recorded as well.",
        ALL,
        None,
        tabs=OF_EVERYTHING,
    )


def subject_of(viewer: Viewer, about: str, identity: str | None) -> Subject:
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
