"""What a view hides of an event, in its fields and in its sentence."""

from __future__ import annotations

import pytest

from tests.support.stored import stored
from trailkeeper.producer.catalogue import Catalogue, EventType, load
from trailkeeper.views.masking import masked
from trailkeeper.views.policy import Policy
from trailkeeper.views.viewer import ANYBODY, Viewer

POLICY = Policy(load())
ADMIN = Viewer(staff=True)
OWNER = Viewer(user_id="u2", projects={"p1": "owner"})
HIDDEN = {"ip", "location", "client", "network", "request_id"}
RELEASE = stored(
    "project:release:add",
    project_id="p1",
    project_name="sampleproject",
    additional={"version": "1.0", "publisher_url": "https://ci.example", "odd": "1"},
)


def test_everyone_sees_who_released_what_and_not_from_where_or_with_what() -> None:
    found = masked(POLICY, ANYBODY, RELEASE)
    assert found is not None
    assert found["sentence"] == "acting released 1.0 of sampleproject"
    assert found["actor"] == {"kind": "user", "id": "u-actor", "name": "acting", "on_behalf_of": None}
    assert found["additional"] == {"version": "1.0"}
    assert found["view"] == "redacted"
    assert not HIDDEN & set(found)


def test_an_owner_sees_all_of_it_but_the_credential_of_another() -> None:
    found = masked(POLICY, OWNER, RELEASE)
    assert found is not None
    assert (found["view"], found["ip"], found["request_id"]) == ("full", "192.0.2.7", "request-1")
    assert (found["location"]["display"], found["client"]["display"]) == ("Berlin, DE", "Firefox (Ubuntu)")
    assert found["network"]["display"] == "AS64496 Example"
    assert found["additional"] == RELEASE.additional
    assert "credential" not in found["actor"]
    assert found["withheld"] == ["actor.credential"]


def test_who_acted_sees_with_which_credential() -> None:
    found = masked(POLICY, Viewer(user_id="u-actor"), RELEASE)
    assert found is not None
    assert found["actor"]["credential"] == {"kind": "api_token", "id": "token-9", "label": "laptop"}
    assert found["withheld"] == []


def test_what_is_not_known_is_null_and_what_is_hidden_is_absent() -> None:
    bare = stored("project:release:add", project_id="p1", ip=None, location=None, client=None, network=None)
    full, redacted = masked(POLICY, OWNER, bare), masked(POLICY, ANYBODY, bare)
    assert full is not None
    assert redacted is not None
    assert [full[key] for key in ("ip", "location", "client", "network")] == [None] * 4
    assert not HIDDEN & set(redacted)


def test_staff_is_a_kind_and_nothing_more_to_others() -> None:
    event = stored(
        "account:api_token:remove",
        user_id="u1",
        user_name="joe",
        actor_kind="staff",
        actor_id="s1",
        actor_name="sysop",
        additional={"description": "ci", "removed_by": "sysop", "reason": "leaked"},
    )
    found = masked(POLICY, Viewer(user_id="u1"), event)
    assert found is not None
    assert found["actor"] == {"kind": "staff"}
    assert found["sentence"] == "An API token \u201cci\u201d of joe was removed by Staff"
    assert found["additional"] == {"description": "ci"}
    assert not HIDDEN & set(found)
    assert "sysop" not in str(found)
    complete = masked(POLICY, ADMIN, event)
    assert complete is not None
    assert (complete["actor"]["name"], complete["ip"]) == ("sysop", "192.0.2.7")


def test_an_owner_does_not_see_where_staff_was_even_where_owners_see_all() -> None:
    found = masked(POLICY, OWNER, stored("project:create", project_id="p1", actor_kind="staff"))
    assert found is not None
    assert (found["view"], found["actor"]) == ("redacted", {"kind": "staff"})
    assert not HIDDEN & set(found)


def test_a_sentence_does_not_tell_what_a_field_hides() -> None:
    kind = EventType(
        tag="project:told",
        scope="project",
        sentence="{actor} came from {ip}[ because of {reason}]",
        payload={"reason": "string"},
        private=("reason",),
        audience={"public": "redacted", "owner": "full"},
    )
    policy = Policy(Catalogue([kind]))
    event = stored("project:told", project_id="p1", additional={"reason": "a secret"})
    hidden, told = masked(policy, ANYBODY, event), masked(policy, OWNER, event)
    assert hidden is not None
    assert told is not None
    assert hidden["sentence"] == "acting came from an unknown address"
    assert told["sentence"] == "acting came from 192.0.2.7 because of a secret"


def test_a_key_that_the_catalogue_does_not_declare_is_hidden_with_the_private_ones() -> None:
    found = masked(POLICY, ANYBODY, RELEASE)
    assert found is not None
    assert "odd" not in found["additional"]


@pytest.mark.parametrize("viewer", [ANYBODY, OWNER, Viewer(user_id="u-actor")])
def test_an_unknown_tag_is_for_staff_only(viewer: Viewer) -> None:
    event = stored("nobody:knows:this", project_id="p1")
    assert masked(POLICY, viewer, event) is None
    told = masked(POLICY, ADMIN, event)
    assert told is not None
    assert (told["sentence"], told["view"]) == (None, "full")


def test_a_name_of_which_nothing_can_be_seen_gives_way_to_the_id() -> None:
    for name in ("\u3164", "\u200b\u2800", " "):
        found = masked(
            POLICY,
            ADMIN,
            stored("project:release:add", project_id="p1", project_name=name, additional={"version": "1.0"}),
        )
        assert found is not None
        assert found["sentence"] == "acting released 1.0 of p1"
        assert found["project"]["name"] == name
