"""Who sees what: one predicate from (viewer, question) to rows, and from (viewer, event) to fields.

Pages, API, export, live tail, counts and the command all go through `Policy`.
It follows the catalogue's `audience`: a role that is not named there sees nothing, and
a tag that no catalogue knows is for staff only. Two things the catalogue cannot grant:
what staff did is never more than redacted for others, and where somebody was when they
acted, and with which device (the origin), is never shown to everybody who may
see what they did; `views.origins` says to whom. With which credential is theirs alone to see.

A viewer may have several roles towards one event (owner of its project and actor, say);
the role that shows most counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_, true

from trailkeeper.models.histories import EventTexts, Question, StoredEvent, Visible
from trailkeeper.models.histories.visible import EVERYTHING as EVERYTHING_VISIBLE
from trailkeeper.models.tables import EventRow
from trailkeeper.producer.catalogue import Catalogue, Role, View

from .origins import Origins, is_ones_own
from .role_conditions import ROLES, has_tag, role_condition
from .viewer import Viewer

Condition = ColumnElement[bool]
Seen = StoredEvent | EventTexts
STAFF = "staff"


class Sight(NamedTuple):
    """How much of an event a viewer sees.

    Attributes:
        payload: all of `additional`, or without its private keys.
        origin: whether address, location, client, network and request id are shown.
        credential: whether that with which the actor proved who they are is shown too.
        extras: whether who else acted in the request is shown, and what a newer producer said besides.
    """

    payload: View
    origin: bool
    credential: bool = False
    extras: bool = False

    @property
    def view(self) -> View:
        """``full`` only where nothing is withheld but the credential, which is the actor's alone."""
        return self.payload if self.origin else "redacted"


EVERYTHING = Sight("full", origin=True, credential=True, extras=True)


class Policy:
    """The rules of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._origins = Origins(catalogue)
        self._open_keys = {kind.tag: frozenset(kind.payload) - set(kind.private) for kind in catalogue}
        self._seen_tags = {
            role: frozenset(kind.tag for kind in catalogue if role in kind.audience) for role in ROLES
        }
        self._full_tags = {
            role: frozenset(kind.tag for kind in catalogue if kind.audience.get(role) == "full")
            for role in ROLES
        }
        self._seen = {role: has_tag(tags) for role, tags in self._seen_tags.items()}
        self._full = {role: has_tag(tags) for role, tags in self._full_tags.items()}

    def may_ask(self, viewer: Viewer, question: Question) -> bool:
        """Whether a viewer may ask this question; for others its history does not exist."""
        if viewer.staff:
            return True
        match question.about:
            case "user" | "actor":
                return question.id is not None and question.id == viewer.user_id
            case "organization":
                return question.id in viewer.organizations
            case "project":
                return True  # part of it is public
            case _:
                return False

    def visible(self, viewer: Viewer, question: Question, *, located: bool = False) -> Visible:
        """The rows that may answer a question; with *located* only those whose origin is shown.

        A filter on a field that is withheld matches only rows in which the viewer sees
        that field, so that hidden values cannot be guessed by filtering. A project's history, which anybody
        may ask for, is found by what the viewer may see of it, so that neither its time nor its outcome
        tells whether there is more.
        """
        if viewer.staff:
            return EVERYTHING_VISIBLE
        by_origin = located or any((question.address, question.country_code, question.asn, question.client))
        condition = and_(_any_role(viewer, self._seen), *self._no_guessing(viewer, question, by_origin))
        if question.about != "project" or viewer.projects.get(question.id or "") == "owner":
            return Visible(condition)
        return self._found_by_sight(viewer, question, condition, by_origin)

    def in_full(self, viewer: Viewer) -> Condition:
        """The rows whose whole payload a viewer sees, as a condition on `EventRow`."""
        if viewer.staff:
            return true()
        return and_(EventRow.actor_kind != STAFF, _any_role(viewer, self._full))

    def with_origin(self, viewer: Viewer) -> Condition:
        """The rows whose origin a viewer sees, as a condition on `EventRow`; they see those in full."""
        if viewer.staff:
            return true()
        return self._origins.condition(viewer, self._full)

    def sight(self, viewer: Viewer, event: Seen) -> Sight | None:
        """How much of an event a viewer sees; None for nothing of it."""
        if viewer.staff:
            return EVERYTHING
        kind = self.catalogue.get(event.tag)
        if kind is None or kind.tag != event.tag:
            return None
        views = {role: kind.audience[role] for role in _roles(viewer, event) if role in kind.audience}
        if not views:
            return None
        if event.actor_kind == STAFF:
            return Sight("redacted", origin=False)
        full = {role for role, view in views.items() if view == "full"}
        origin = self._origins.shown(viewer, event, full)
        credential = origin and "self" in full and is_ones_own(viewer, event)
        return Sight("full" if full else "redacted", origin, credential)

    def view_of(self, viewer: Viewer, event: Seen) -> View | None:
        """Whether a viewer sees all of an event, or some of it; None for nothing."""
        sight = self.sight(viewer, event)
        return None if sight is None else sight.view

    def open_keys(self, tag: str) -> frozenset[str]:
        """The keys of `additional` that a redacted view shows; none that the catalogue does not declare."""
        return self._open_keys.get(tag, frozenset())

    def _found_by_sight(
        self, viewer: Viewer, question: Question, condition: Condition, by_origin: bool
    ) -> Visible:
        """The ways to what a viewer may see of a project that is not their own."""
        shown = self._full_tags if by_origin or question.text else self._seen_tags

        def tags(roles: Iterable[Role]) -> tuple[str, ...]:
            found = set().union(*(shown[role] for role in roles))
            return tuple(sorted(filter(question.may_have, found)))

        members = [role for role in (viewer.projects.get(question.id or ""),) if role is not None]
        organizations = {place for place, role in viewer.organizations.items() if tags([role])}
        return Visible(
            condition,
            # whoever is no member sees nobody's origin but their own
            tags(members if by_origin else [*members, "public"]),
            person=viewer.user_id if tags(["self"]) else None,
            organizations=tuple(sorted(organizations)),
        )

    def _no_guessing(self, viewer: Viewer, question: Question, by_origin: bool) -> Iterator[Condition]:
        """Keeps filters from revealing what they filter by; the counterpart of `views.masking`."""
        if by_origin:
            yield self.with_origin(viewer)
        if question.text:
            yield self.in_full(viewer)
        if question.via_service:
            # everybody sees that a service acted, but not with which credential
            yield or_(EventRow.actor_kind == "service", self._origins.own(viewer, self._full))
        if question.actor or question.about == "actor":
            yield EventRow.actor_kind != STAFF


def _any_role(viewer: Viewer, tags: dict[Role, Condition]) -> Condition:
    conditions = ((tags[role], role_condition(role, viewer)) for role in ROLES)
    return or_(
        *(and_(having, role_condition) for having, role_condition in conditions if role_condition is not None)
    )


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
    """The user an event is about, the actor, and on whose behalf they acted."""
    actor = event.actor_id if event.actor_kind == "user" else None
    return {event.user_id, actor, event.on_behalf_of_id}
