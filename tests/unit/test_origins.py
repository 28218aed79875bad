"""The origin of an act is the actor's: by kind of actor, viewer, path and field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.stored import stored
from trailkeeper.models.histories import EventTexts, StoredEvent
from trailkeeper.models.histories.derivations import KINDS
from trailkeeper.producer.catalogue import Catalogue, EventType, Role, View, load
from trailkeeper.views.masking import masked, masked_row
from trailkeeper.views.policy import Policy
from trailkeeper.views.viewer import ANYBODY, Viewer

SHIPPED = Policy(load())
FULL: dict[Role, View] = {"self": "full", "owner": "full", "maintainer": "redacted", "public": "redacted"}
VIEWERS = {
    "actor": Viewer(user_id="u-actor"),
    "subject": Viewer(user_id="u1"),
    "principal": Viewer(user_id="u-for"),
    "owner": Viewer(user_id="u2", projects={"p1": "owner"}),
    "maintainer": Viewer(user_id="u3", projects={"p1": "maintainer"}),
    "public": ANYBODY,
    "admin": Viewer(staff=True),
}
ORIGIN = ("ip", "location", "client", "network", "request_id")

# who sees the origin of what an actor of each kind did
ACCOUNT = {
    "user": {"actor", "admin"},
    "service": {"principal", "admin"},
    "staff": {"admin"},
    "system": {"admin"},
    "anonymous": {"subject", "admin"},
}
PROJECT = {
    "user": {"actor", "owner", "admin"},
    "service": {"principal", "owner", "admin"},
    "staff": {"admin"},
    "system": {"admin"},
    "anonymous": {"admin"},
}


def policy(scope: Any, **more: Any) -> Policy:
    kind = EventType(tag="thing:done", scope=scope, sentence="{actor} from {ip}", audience=FULL, **more)
    return Policy(Catalogue([kind]))


def event(scope: str, kind: str, **columns: Any) -> StoredEvent:
    facts: dict[str, Any] = {"actor_kind": kind, "user_id": "u1", "project_id": "p1"}
    if kind == "service":
        facts["on_behalf_of_id"] = "u-for"
    return stored("thing:done", **{**facts, "scope": scope, **columns})


def shown(policy: Policy, viewer: Viewer, event: StoredEvent) -> list[dict[str, Any]]:
    """By each way in which documents are made: of pages and of exports."""
    values: dict[str, Any] = {name: getattr(event, name, None) for name in EventTexts._fields}
    values |= {"id": str(event.id), "additional": None, "extras": _text(event.extras)}
    texts = EventTexts._make(values.values())
    moments = {name: getattr(event, name).isoformat() for name in ("occurred_at", "recorded_at")}
    texts, derivations = texts._replace(**moments), tuple({"display": "x", "asn": 1} for _ in KINDS)
    documents = [masked(policy, viewer, event), masked_row(policy, viewer, (texts, derivations))]
    return [document for document in documents if document is not None]


def _text(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value)


@pytest.mark.parametrize("who", VIEWERS)
@pytest.mark.parametrize("kind", ACCOUNT)
@pytest.mark.parametrize(("scope", "table"), [("user", ACCOUNT), ("project", PROJECT)])
def test_the_origin_is_shown_to_the_actor_to_owners_of_members_acts_and_to_admins(
    scope: str, table: dict[str, set[str]], kind: str, who: str
) -> None:
    expected = who in table[kind] or (scope == "user" and who == "owner" and kind in {"user", "service"})
    for document in shown(policy(scope), VIEWERS[who], event(scope, kind)):
        present = [name for name in ORIGIN if name in document]
        assert present == (list(ORIGIN) if expected else [])
        assert ("credential" in document["actor"]) == (expected and who != "owner")
        assert ("192.0.2.7" in document["sentence"]) == expected
        assert set(document["withheld"]) >= (set() if expected else {*ORIGIN, "actor.credential"})
        assert (document["view"] == "full") == (not {*document["withheld"]} - {"actor.credential"})


@pytest.mark.parametrize("kind", list(SHIPPED.catalogue), ids=lambda kind: kind.tag)
def test_of_no_shipped_type_does_who_is_acted_upon_see_where_another_was(kind: EventType) -> None:
    act = stored(kind.tag, scope=kind.scope, user_id="u1", project_id="p1", organization_id="o1")
    sight = SHIPPED.sight(Viewer(user_id="u1"), act)
    assert sight is None or not sight.origin


@pytest.mark.parametrize(
    "tag", ["project:role:decline_invite", "organization:organization_role:decline_invite"]
)
@pytest.mark.parametrize("subject", ["u-actor", None])
def test_a_stranger_who_declines_an_invitation_shows_owners_no_origin(tag: str, subject: str | None) -> None:
    owner = Viewer(user_id="u2", projects={"p1": "owner"}, organizations={"o1": "owner"})
    sight = SHIPPED.sight(owner, stored(tag, user_id=subject, project_id="p1", organization_id="o1"))
    assert sight is not None
    assert not sight.origin


def test_who_acts_on_their_own_membership_counts_as_no_member_unless_the_catalogue_says_so() -> None:
    own = event("project", "user", user_id="u-actor")
    seen = {by: policy("project", by=by).sight(VIEWERS["owner"], own) for by in (None, "member", "anyone")}
    assert {by: sight is not None and sight.origin for by, sight in seen.items()} == {
        None: False,
        "member": True,
        "anyone": False,
    }


def test_what_was_hidden_where_it_came_from_is_for_admins_only() -> None:
    own = event("user", "user", actor_id="u1", additional={"redact_ip": True})
    seen = {who: policy("user").sight(viewer, own) for who, viewer in VIEWERS.items()}
    assert {who for who, sight in seen.items() if sight and sight.origin} == {"admin"}


@pytest.mark.parametrize("who", VIEWERS)
def test_who_else_acted_in_a_request_is_for_admins_alone_and_nobody_else_learns_whether_somebody_did(
    who: str,
) -> None:
    extras = {"requested_by": {"kind": "user", "id": "u-actor", "name": "bob"}}
    with_and_without = [
        shown(policy("user"), VIEWERS[who], event("user", "system", extras=found)) for found in (extras, None)
    ]
    if who == "admin":
        assert [document["extras"] for document in with_and_without[0]] == [extras, extras]
        assert [document["extras"] for document in with_and_without[1]] == [{}, {}]
    else:
        assert with_and_without[0] == with_and_without[1]
        assert not any("extras" in document for document in with_and_without[0])
