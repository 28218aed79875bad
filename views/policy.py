"""Who sees what: one predicate from (viewer, question) to rows, and from (viewer, event) to fields.

Pages, API, export, live tail, counts and the command all go through `Policy`.
What it says rests on the catalogue's `audience` alone: who is not named there
sees nothing, and a tag that no catalogue knows is for staff only.

A viewer may stand in several roles to one event (owner of its project, and the
one who acted); the role that shows most counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, and_, false, or_, true

from models.histories import Question, StoredEvent
from models.tables import EventRow
from producer.catalogue import Catalogue, EventType, Role, View

from .viewer import Membership, Viewer

ROLES: tuple[Role, ...] = ("self", "owner", "maintainer", "public")


class Policy:
    """The rules of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._tags: dict[Role, list[str]] = {
            role: sorted(kind.tag for kind in catalogue if role in kind.audience) for role in ROLES
        }

    def may_ask(self, viewer: Viewer, question: Question) -> bool:
        """Whether a question is the viewer's to ask; to others its history does not exist."""
        if viewer.staff:
            return True
        match question.about:
            case "user" | "actor":
                return question.id is not None and question.id == viewer.user_id
            case "organization":
                return viewer.organizations.get(question.id or "") is not None
            case "project":
                return True  # at least in part public
            case _:
                return False

    def visible(self, viewer: Viewer) -> ColumnElement[bool]:
        """The rows that a viewer sees at all, as a condition on `EventRow`."""
        if viewer.staff:
            return true()
        return or_(false(), *(self._seen_as(role, viewer) for role in ROLES))

    def view_of(self, viewer: Viewer, event: StoredEvent) -> View | None:
        """How much of an event a viewer sees; None for nothing of it."""
        if viewer.staff:
            return "full"
        kind = self.catalogue.get(event.tag)
        if kind is None or kind.tag != event.tag:
            return None
        return _most(kind, _roles(viewer, event))

    def _seen_as(self, role: Role, viewer: Viewer) -> ColumnElement[bool]:
        return and_(EventRow.tag.in_(self._tags[role]), _STANDING[role](viewer))


def _most(kind: EventType, roles: Iterator[Role]) -> View | None:
    views = {kind.audience[role] for role in roles if role in kind.audience}
    return "full" if "full" in views else next(iter(views), None)


def _roles(viewer: Viewer, event: StoredEvent) -> Iterator[Role]:
    yield "public"
    if viewer.user_id is not None and viewer.user_id in _persons(event):
        yield "self"
    for memberships, place in (
        (viewer.projects, event.project_id),
        (viewer.organizations, event.organization_id),
    ):
        if place is not None and place in memberships:
            yield memberships[place]


def _persons(event: StoredEvent) -> set[str | None]:
    """Whom an event is about, who acted, and on whose behalf."""
    actor = event.actor_id if event.actor_kind == "user" else None
    return {event.user_id, actor, event.on_behalf_of_id}


def _is_self(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.user_id is None:
        return false()
    acted = and_(EventRow.actor_id == viewer.user_id, EventRow.actor_kind == "user")
    return or_(EventRow.user_id == viewer.user_id, acted, EventRow.on_behalf_of_id == viewer.user_id)


def _is(role: Membership, viewer: Viewer) -> ColumnElement[bool]:
    def places(memberships: dict[str, Membership]) -> list[str]:
        return sorted(place for place, found in memberships.items() if found == role)

    return or_(
        EventRow.project_id.in_(places(viewer.projects)),
        EventRow.organization_id.in_(places(viewer.organizations)),
    )


_STANDING: dict[Role, Callable[[Viewer], ColumnElement[bool]]] = {
    "self": _is_self,
    "owner": lambda viewer: _is("owner", viewer),
    "maintainer": lambda viewer: _is("maintainer", viewer),
    "public": lambda _: true(),
}
