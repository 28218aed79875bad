"""Who sees what: one predicate from (viewer, question) to rows, and from (viewer, event) to fields.

Pages, API, export, live tail, counts and the command all go through `Policy`.
What it says rests on the catalogue's `audience`: who is not named there sees
nothing, and a tag that no catalogue knows is for staff only. One thing the
catalogue cannot grant: what staff did is never more than redacted for others.

A viewer may stand in several roles to one event (owner of its project, and the
one who acted); the role that shows most counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, or_, true

from trailkeeper.models.histories import EventTexts, Question, StoredEvent
from trailkeeper.models.tables import EventRow
from trailkeeper.producer.catalogue import Catalogue, EventType, Role, View

from .role_conditions import ROLES, stands_as, tagged
from .viewer import Viewer

Condition = ColumnElement[bool]
Seen = StoredEvent | EventTexts
STAFF = "staff"


class Policy:
    """The rules of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._open_keys = {kind.tag: frozenset(kind.payload) - set(kind.private) for kind in catalogue}
        self._seen = {role: tagged(kind.tag for kind in catalogue if role in kind.audience) for role in ROLES}
        self._full = {
            role: tagged(kind.tag for kind in catalogue if kind.audience.get(role) == "full")
            for role in ROLES
        }

    def may_ask(self, viewer: Viewer, question: Question) -> bool:
        """Whether a question is the viewer's to ask; to others its history does not exist."""
        if viewer.staff:
            return True
        match question.about:
            case "user" | "actor":
                return question.id is not None and question.id == viewer.user_id
            case "organization":
                return question.id in viewer.organizations
            case "project":
                return True  # at least in part public
            case _:
                return False

    def visible(self, viewer: Viewer, question: Question) -> Condition:
        """The rows that may answer a question, as a condition on `EventRow`.

        A filter on what a redacted view hides finds only rows that the viewer sees
        in full: what is hidden cannot be guessed by asking for it.
        """
        if viewer.staff:
            return true()
        return and_(_any_standing(viewer, self._seen), *self._not_guessed(viewer, question))

    def in_full(self, viewer: Viewer) -> Condition:
        """The rows that a viewer sees in full, as a condition on `EventRow`."""
        if viewer.staff:
            return true()
        return and_(EventRow.actor_kind != STAFF, _any_standing(viewer, self._full))

    def view_of(self, viewer: Viewer, event: Seen) -> View | None:
        """How much of an event a viewer sees; None for nothing of it."""
        if viewer.staff:
            return "full"
        kind = self.catalogue.get(event.tag)
        if kind is None or kind.tag != event.tag:
            return None
        found = _most(kind, _roles(viewer, event))
        return "redacted" if found and event.actor_kind == STAFF else found

    def open_keys(self, tag: str) -> frozenset[str]:
        """The keys of `additional` that a redacted view shows; none that the catalogue does not declare."""
        return self._open_keys.get(tag, frozenset())

    def _not_guessed(self, viewer: Viewer, question: Question) -> Iterator[Condition]:
        """What keeps each filter from telling what it filters by; the counterpart of `views.masking`."""
        if question.address or question.country_code or question.client or question.text:
            yield self.in_full(viewer)
        if question.via_service:
            # that a service acted is seen by all, with which credential is not
            yield or_(EventRow.actor_kind == "service", self.in_full(viewer))
        if question.actor or question.about == "actor":
            yield EventRow.actor_kind != STAFF


def _any_standing(viewer: Viewer, tags: dict[Role, Condition]) -> Condition:
    standings = ((tags[role], stands_as(role, viewer)) for role in ROLES)
    return or_(*(and_(having, standing) for having, standing in standings if standing is not None))


def _most(kind: EventType, roles: Iterator[Role]) -> View | None:
    views = {kind.audience[role] for role in roles if role in kind.audience}
    return "full" if "full" in views else next(iter(views), None)


def _roles(viewer: Viewer, event: Seen) -> Iterator[Role]:
    yield "public"
    if viewer.user_id is not None and viewer.user_id in _persons(event):
        yield "self"
    for memberships, place in (
        (viewer.projects, event.project_id),
        (viewer.organizations, event.organization_id),
    ):
        if place is not None and place in memberships:
            yield memberships[place]


def _persons(event: Seen) -> set[str | None]:
    """Whom an event is about, who acted, and on whose behalf."""
    actor = event.actor_id if event.actor_kind == "user" else None
    return {event.user_id, actor, event.on_behalf_of_id}
