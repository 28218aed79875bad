"""To whom an event's origin is shown: address, location, network, client, request id; and its credential.

The origin belongs to the actor. Whoever is merely acted upon learns who did what, and
not where they were or with what. It is shown to

* the person who acted, and the person on whose behalf a service did;
* the owner of an account, where nobody is known to have acted on it (a failed login);
* members of the project or organization whose role sees the event in full, if a member
  or a service acted: a person who acts on their own membership (accepts or declines an
  invitation, leaves) counts as none, as does who is not signed in, and anybody at all where
  the catalogue says ``by = "anyone"``; where it says ``by = "member"``, everybody counts as one;
* admins.

The credential, a session or a token, is shown to the first two of these and to admins only.

What the application itself did (``system``) has no origin of its own: one that was stored was
somebody else's. One that is marked ``redact_ip`` was hidden where the event came from.
"""

from __future__ import annotations

from collections.abc import Collection
from json import loads

from sqlalchemy import ColumnElement, and_, case, false, func, not_, or_
from sqlalchemy.dialects.postgresql import JSONB

from trailkeeper.models.histories import EventTexts, StoredEvent
from trailkeeper.models.tables import EventRow
from trailkeeper.producer.catalogue import Catalogue, Role

from .role_conditions import has_tag, role_condition
from .viewer import Viewer

Condition = ColumnElement[bool]
MEMBERS: tuple[Role, ...] = ("owner", "maintainer")
ACTORS = ("user", "service")
"""Who has an origin of their own that members may see."""

CLIENTS = (*ACTORS, "anonymous")
"""Who can have made a request."""

HIDDEN = "redact_ip"
"""The key of `additional` by which an event says that its address is for admins only."""


class Origins:
    """The rules of one catalogue, in Python and in SQL; a property test holds them equal."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._by_anyone = frozenset(kind.tag for kind in catalogue if kind.by == "anyone")
        self._by_members = frozenset(kind.tag for kind in catalogue if kind.by == "member")
        self._strangers = has_tag(self._by_anyone)
        self._members_only = has_tag(self._by_members)

    def shown(self, viewer: Viewer, event: StoredEvent | EventTexts, full: Collection[Role]) -> bool:
        """Whether a viewer sees the origin of an event that these roles see in full."""
        if not full or _is_hidden(event.additional):
            return False
        if "self" in full and is_ones_own(viewer, event):
            return True
        return any(role in full for role in MEMBERS) and self._by_member(event)

    def condition(self, viewer: Viewer, full: dict[Role, Condition]) -> Condition:
        """The rows whose origin a viewer sees, given those tags that a role sees in full."""
        ways = [self._ones_own(viewer, full)]
        for role in MEMBERS:
            towards = role_condition(role, viewer)
            if towards is not None:
                ways.append(and_(full[role], towards, self._member_acted()))
        return and_(or_(*ways), not_(_hidden()))

    def own(self, viewer: Viewer, full: dict[Role, Condition]) -> Condition:
        """The rows whose credential a viewer sees."""
        return and_(self._ones_own(viewer, full), not_(_hidden()))

    def _ones_own(self, viewer: Viewer, full: dict[Role, Condition]) -> Condition:
        return false() if viewer.user_id is None else and_(full["self"], _own(viewer.user_id))

    def _by_member(self, event: StoredEvent | EventTexts) -> bool:
        if event.tag in self._by_members:
            return event.actor_kind in CLIENTS
        if event.actor_kind not in ACTORS or event.tag in self._by_anyone:
            return False
        person = event.actor_id if event.actor_kind == "user" else event.on_behalf_of_id
        return event.user_id is None or event.user_id != person

    def _member_acted(self) -> Condition:
        person = case((EventRow.actor_kind == "user", EventRow.actor_id), else_=EventRow.on_behalf_of_id)
        others = func.coalesce(EventRow.user_id != person, True)
        return or_(
            and_(self._members_only, EventRow.actor_kind.in_(CLIENTS)),
            and_(EventRow.actor_kind.in_(ACTORS), not_(self._strangers), others),
        )


def is_ones_own(viewer: Viewer, event: StoredEvent | EventTexts) -> bool:
    """Whether the viewer acted, or is who an event of nobody known, or of a service, is for."""
    match event.actor_kind:
        case "user":
            return event.actor_id == viewer.user_id
        case "service":
            return event.on_behalf_of_id == viewer.user_id
        case "anonymous":
            return event.scope == "user" and event.user_id == viewer.user_id
        case _:
            return False


def _own(user_id: str) -> Condition:
    return or_(
        and_(EventRow.actor_kind == "user", EventRow.actor_id == user_id),
        and_(EventRow.actor_kind == "service", EventRow.on_behalf_of_id == user_id),
        and_(EventRow.actor_kind == "anonymous", EventRow.scope == "user", EventRow.user_id == user_id),
    )


def _hidden() -> Condition:
    return func.coalesce(EventRow.additional.cast(JSONB).contains({HIDDEN: True}), False)


def _is_hidden(additional: object) -> bool:
    if isinstance(additional, str):  # a row of an export: rarely decoded twice
        additional = loads(additional) if HIDDEN in additional else None
    return isinstance(additional, dict) and additional.get(HIDDEN) is True
