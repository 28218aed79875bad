"""Who sees what, spelled out: tag by role.

F is full, C all but the credential, W all but the origin, R redacted, a dot nothing.
"""

from __future__ import annotations

import pytest

from tests.support.stored import stored
from trailkeeper.models.histories import Question
from trailkeeper.producer.catalogue import load
from trailkeeper.views.policy import EVERYTHING, Policy, Sight
from trailkeeper.views.viewer import ANYBODY, Viewer

POLICY = Policy(load())
VIEWERS = {
    "self": Viewer(user_id="u1"),
    "actor": Viewer(user_id="u-actor"),
    "owner": Viewer(user_id="u2", projects={"p1": "owner"}, organizations={"o1": "owner"}),
    "maintainer": Viewer(user_id="u3", projects={"p1": "maintainer"}, organizations={"o1": "maintainer"}),
    "neighbour": Viewer(user_id="u4", projects={"p2": "owner"}, organizations={"o2": "owner"}),
    "public": ANYBODY,
    "admin": Viewer(staff=True),
}
LETTERS: dict[Sight | None, str] = {
    None: ".",
    Sight("redacted", origin=False): "R",
    Sight("full", origin=False): "W",
    Sight("full", origin=True): "C",
    Sight("full", origin=True, credential=True): "F",
    EVERYTHING: "F",
}

# each event names user u1, project p1 and organization o1, and was done by u-actor
MATRIX = """
tag                                      self actor owner maintainer neighbour public admin

account:password:compromised             W    F     .     .          .         .      F
account:password:change                  W    F     .     .          .         .      F
account:password:disable                 W    F     .     .          .         .      F
account:password:reset:request           W    F     .     .          .         .      F
account:login:success                    W    F     .     .          .         .      F
account:login:failure                    W    F     .     .          .         .      F
account:login:rate_limited               W    F     .     .          .         .      F
account:reauthenticate:failure           W    F     .     .          .         .      F
account:recovery_codes:use               W    F     .     .          .         .      F
account:two_factor:method:add            W    F     .     .          .         .      F
account:two_factor:method:remove         W    F     .     .          .         .      F
account:two_factor:device:remember       W    F     .     .          .         .      F
account:two_factor:rate_limited          W    F     .     .          .         .      F
account:api_token:remove                 W    F     .     .          .         .      F
account:role:add                         R    R     .     .          .         .      F
admin:user:freeze                        R    R     .     .          .         .      F
admin:user:flags:change                  .    .     .     .          .         .      F

project:create                           W    F     C     R          R         R      F
project:release:add                      W    F     C     R          R         R      F
project:release:yank                     W    F     C     R          R         R      F
file:add                                 W    F     C     R          R         R      F
file:remove                              W    F     C     R          R         R      F
file:refuse                              W    F     C     .          .         .      F
project:role:add                         R    R     C     R          R         R      F
project:role:invite                      R    R     C     R          .         .      F
project:quarantine:enter                 R    R     R     R          R         R      F
project:owners_require_2fa:enable        W    F     C     R          .         .      F
project:api_token:add                    W    F     C     .          .         .      F
project:short_lived_api_token:add        W    F     C     .          .         .      F
project:oidc:publisher:add               W    F     C     .          .         .      F
admin:project:set_upload_limit           .    .     R     .          .         .      F

organization:create                      W    F     C     .          .         .      F
organization:organization_role:add       R    R     C     .          .         .      F
organization:team:create                 W    F     C     .          .         .      F
admin:organization:set_upload_limit      .    .     R     .          .         .      F
admin:organization:manual_activation:add .    .     .     .          .         .      F

admin:history:view                       .    .     .     .          .         .      F
admin:history:export                     .    .     .     .          .         .      F
admin:dead_letters:view                  .    .     .     .          .         .      F
admin:retention:view                     .    .     .     .          .         .      F
admin:backfill:preview                   .    .     .     .          .         .      F
system:purge:finish                      .    .     .     .          .         .      F
nobody:knows:this                        .    .     .     .          .         .      F
"""
LINES = [line.split() for line in MATRIX.strip().splitlines() if line]
CASES = [
    (tag, role, letter)
    for tag, *letters in LINES[1:]
    for role, letter in zip(LINES[0][1:], letters, strict=True)
]


@pytest.mark.parametrize(("tag", "role", "letter"), CASES)
def test_a_tag_is_seen_by_a_role_as_the_matrix_says(tag: str, role: str, letter: str) -> None:
    event = stored(tag, user_id="u1", project_id="p1", organization_id="o1")
    assert LETTERS[POLICY.sight(VIEWERS[role], event)] == letter


@pytest.mark.parametrize("words", ["password", "rate_limited", "two_factor", "recovery_codes", "login"])
def test_no_tag_of_passwords_limits_and_second_factors_is_for_owners_maintainers_or_everyone(
    words: str,
) -> None:
    kinds = [kind for kind in POLICY.catalogue if words in kind.tag and not kind.tag.startswith("admin:")]
    assert kinds
    assert {role for kind in kinds for role in kind.audience} == {"self"}


def test_what_everyone_sees_is_never_full_and_is_about_projects() -> None:
    public = [kind for kind in POLICY.catalogue if "public" in kind.audience]
    assert {(kind.scope, kind.audience["public"]) for kind in public} == {("project", "redacted")}
    assert {kind.audience["maintainer"] for kind in public} == {"redacted"}


@pytest.mark.parametrize("kind", list(POLICY.catalogue), ids=lambda kind: kind.tag)
def test_what_staff_did_is_at_most_redacted_for_everybody_but_staff(kind: object) -> None:
    tag = getattr(kind, "tag", "")
    event = stored(tag, user_id="u1", project_id="p1", organization_id="o1", actor_kind="staff")
    others = [POLICY.view_of(viewer, event) for role, viewer in VIEWERS.items() if role != "admin"]
    assert "full" not in others


def test_a_role_is_had_towards_what_the_event_names_and_nothing_else() -> None:
    event = stored("project:api_token:add", project_id="p9", organization_id=None)
    assert POLICY.view_of(VIEWERS["owner"], event) is None
    assert POLICY.view_of(VIEWERS["owner"], stored("project:api_token:add")) is None


def test_a_service_with_the_same_id_as_a_user_is_not_that_user() -> None:
    event = stored("file:refuse", actor_kind="service", actor_id="u1")
    assert POLICY.view_of(VIEWERS["self"], event) is None


def test_whoever_something_was_done_for_is_one_whom_it_is_about() -> None:
    event = stored("project:api_token:add", actor_kind="service", actor_id="ci", on_behalf_of_id="u1")
    assert POLICY.view_of(VIEWERS["self"], event) == "full"


def test_the_role_that_shows_most_counts() -> None:
    event = stored("project:role:add", user_id="u1", project_id="p1")
    assert POLICY.view_of(Viewer(user_id="u1", projects={"p1": "owner"}), event) == "full"


@pytest.mark.parametrize(
    ("question", "roles"),
    [
        (Question(about="user", id="u1"), {"self", "admin"}),
        (Question(about="actor", id="u1"), {"self", "admin"}),
        (Question(about="project", id="p1"), set(VIEWERS)),
        (Question(about="project", id="no such project"), set(VIEWERS)),
        (Question(about="organization", id="o1"), {"owner", "maintainer", "admin"}),
        (Question(), {"admin"}),
    ],
)
def test_a_history_is_asked_for_by_those_it_concerns(question: Question, roles: set[str]) -> None:
    assert {role for role, viewer in VIEWERS.items() if POLICY.may_ask(viewer, question)} == roles
