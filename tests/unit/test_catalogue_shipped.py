"""The shipped event types: which tags they know, and who may see what of them."""

from __future__ import annotations

import re
from time import perf_counter

import pytest

from tests.support.pypi_tags import PYPI_TAGS
from trailkeeper.producer.catalogue import SCOPES, EventType, load, loader
from trailkeeper.producer.catalogue.sentence import placeholders

REGULAR = re.compile(r"[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*){1,4}")
CATALOGUE = load()
UNCHANGED = [
    "account:create",
    "account:login:success",
    "account:login:failure",
    "file:add",
    "project:create",
    "project:release:add",
]
ACTOR_KEYS = re.compile(
    r"(submitted|created|deleted|renamed|approved|removed|canceled)_by(_user_id)?|actor|redact_ip"
)


def kind_of(tag: str) -> EventType:
    kind = CATALOGUE.get(tag)
    assert kind is not None
    return kind


def test_every_tag_of_pypi_leads_to_a_regular_event_type_of_the_same_history() -> None:
    assert sum(map(len, PYPI_TAGS.values())) == 128
    for scope, tags in PYPI_TAGS.items():
        for tag in tags:
            kind = kind_of(tag)
            assert REGULAR.fullmatch(kind.tag)
            assert kind.scope == scope
            assert tag in (kind.tag, *kind.aliases)


def test_no_two_tags_of_pypi_lead_to_one_event_type() -> None:
    reached = [kind_of(tag).tag for tags in PYPI_TAGS.values() for tag in tags]
    assert len(set(reached)) == len(reached)


@pytest.mark.parametrize("tag", UNCHANGED)
def test_tags_that_are_regular_already_stay_as_they_are(tag: str) -> None:
    assert kind_of(tag).tag == tag


def test_actions_are_verbs_in_their_base_form_or_what_was_found() -> None:
    found = {"rate_limited", "compromised", "new_device", "success", "failure", "remove_leaked"}
    actions = {kind.tag.rpartition(":")[2] for kind in CATALOGUE} - found
    assert [action for action in actions if action.endswith(("ed", "en", "ing", "sent"))] == []


@pytest.mark.parametrize(
    "tag",
    [
        "account:rename",
        "account:delete",
        "account:logout",
        "account:password:compromised",
        "account:login:rate_limited",
        "project:rename",
        "project:delete",
        "organization:rename",
        "admin:history:view",
        "admin:history:export",
        "system:purge:finish",
    ],
)
def test_what_pypi_does_not_record_but_we_promise_has_an_event_type(tag: str) -> None:
    assert kind_of(tag).tag == tag


def test_logins_of_every_kind_can_say_how() -> None:
    assert kind_of("account:login:success").payload == dict.fromkeys(
        ("method", "two_factor_method", "two_factor_label"), "string"
    )
    assert kind_of("account:login:failure").payload["reason"] == "string"


def test_events_of_an_account_are_seen_by_the_account_alone() -> None:
    """Passwords, rate limits and second factors among them: no owner or maintainer of a shared project."""
    private = [kind for kind in CATALOGUE if kind.scope == "user"]
    assert len(private) > 50
    assert [kind.tag for kind in private if kind.audience.keys() - {"self"}] == []


@pytest.mark.parametrize(
    "kind", [kind for kind in CATALOGUE if "Logins" in kind.group], ids=lambda kind: kind.tag
)
def test_logins_passwords_and_second_factors_are_shown_in_full_to_the_account(kind: EventType) -> None:
    assert kind.audience == {"self": "full"}


def test_owners_see_every_event_of_their_project() -> None:
    assert [kind.tag for kind in CATALOGUE if kind.scope == "project" and "owner" not in kind.audience] == []


def test_nobody_but_the_account_and_owners_sees_anything_in_full() -> None:
    for kind in CATALOGUE:
        assert kind.audience.get("maintainer") != "full"
        assert kind.audience.get("public") != "full"


def test_what_everyone_sees_is_seen_by_maintainers_and_owners_too() -> None:
    for kind in CATALOGUE:
        roles = kind.audience.keys()
        assert "maintainer" in roles or "public" not in roles
        assert "owner" in roles or "maintainer" not in roles


def test_who_released_yanked_removed_renamed_and_changed_roles_is_for_everyone() -> None:
    public = {kind.tag for kind in CATALOGUE if "public" in kind.audience}
    assert public >= {
        *(
            "project:create",
            "project:rename",
            "project:delete",
            "project:release:add",
            "project:release:remove",
        ),
        *("project:release:yank", "project:release:unyank", "file:add", "file:remove"),
        *("project:role:add", "project:role:change", "project:role:remove"),
    }


def test_tokens_publishers_limits_and_invitations_are_not_public() -> None:
    for kind in CATALOGUE:
        if re.search(r"token|oidc|limit|invite|admin:|system:", kind.tag):
            assert "public" not in kind.audience


def test_what_others_did_to_a_person_does_not_show_the_person_where_they_sat() -> None:
    shown = {"decline_invite"}  # the person's own doing
    for kind in CATALOGUE:
        if re.fullmatch(r"account:(team_|organization_)?role:\w+", kind.tag):
            view = "full" if kind.tag.rpartition(":")[2] in shown else "redacted"
            assert kind.audience == {"self": view}


def test_what_staff_did_is_never_shown_in_full() -> None:
    for kind in CATALOGUE:
        if kind.tag.startswith(("admin:", "system:")):
            assert "full" not in kind.audience.values()


def test_the_trail_itself_is_for_admins() -> None:
    assert [kind.tag for kind in CATALOGUE if kind.scope == "system" and kind.audience] == []


@pytest.mark.parametrize("kind", list(CATALOGUE), ids=lambda kind: kind.tag)
def test_a_sentence_that_is_shown_redacted_names_nothing_that_redaction_hides(kind: EventType) -> None:
    if "redacted" in kind.audience.values():
        assert placeholders(kind.sentence) & ({*kind.private, "ip"} - {"actor"}) == set()


def test_keys_that_spell_the_actor_are_accepted_but_private() -> None:
    for kind in CATALOGUE:
        spelled = {key for key in kind.payload if ACTOR_KEYS.fullmatch(key)}
        assert spelled <= set(kind.private)
        assert not spelled & placeholders(kind.sentence) - {"actor"}


def test_addresses_of_the_web_and_descriptions_of_project_tokens_are_private() -> None:
    for kind in CATALOGUE:
        urls = {key for key in kind.payload if key == "url" or key.endswith("_url")}
        assert urls <= set(kind.private)
    assert "description" in kind_of("project:api_token:add").private


def test_every_event_type_has_a_group_within_one_scope() -> None:
    groups = {(kind.group, kind.scope) for kind in CATALOGUE}
    assert all(group for group, _ in groups)
    assert len(groups) == len({group for group, _ in groups})
    assert {scope for _, scope in groups} == set(SCOPES)


def test_an_action_that_would_take_the_trail_along_must_be_recorded_or_refused() -> None:
    for tag in ("account:delete", "project:delete", "organization:delete", "admin:history:export"):
        assert kind_of(tag).delivery == "required"


def test_a_misspelt_tag_finds_the_one_that_was_meant() -> None:
    assert CATALOGUE.closest("acount:login:sucess") == "account:login:success"
    assert CATALOGUE.closest("entirely different") is None


def test_loading_is_quick_and_done_once_a_process() -> None:
    loader._shipped.cache_clear()
    durations = []
    for _ in range(3):
        began = perf_counter()
        load()
        durations.append(perf_counter() - began)
    assert loader._shipped.cache_info().misses == 1
    assert min(durations[1:]) < durations[0] / 5
