"""The example application: what each route records, and for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from trailkeeper import Receipt, emit, emit_on_commit
from trailkeeper.examples.package_index import audit
from trailkeeper.examples.package_index.app import create_app
from trailkeeper.examples.package_index.audit import HEADER
from trailkeeper.examples.package_index.clients.client import Client
from trailkeeper.examples.package_index.clients.person import Cast, Person
from trailkeeper.examples.package_index.clients.program import program
from trailkeeper.examples.package_index.passwords import hashed
from trailkeeper.examples.package_index.services import Services, Settings
from trailkeeper.producer.event import Event
from trailkeeper.producer.testing import Recorder
from trailkeeper.producer.wire import encode

JOINED = {"account:create", "account:email:send"}
ROLE = "project:role:{0} account:role:{0}"
UPLOADS = (
    "file:add",
    "project:release:add file:add",
    "project:create project:role:add account:role:add project:release:add file:add",
)
RECORDED: dict[str, tuple[str, ...]] = {
    "/accounts": ("account:create account:email:send",),
    "/accounts/verify": ("account:email:verify",),
    "/account/rename": ("account:rename",),
    "/account/delete": ("account:delete",),
    "/account/password": ("account:password:change account:email:send",),
    "/account/password/forgotten": ("account:password:reset:request account:email:send",),
    "/account/password/reset": ("account:password:reset account:email:send",),
    "/login": ("account:login:success", ""),
    "/login/second-factor": ("account:login:success", "account:recovery_codes:use account:login:success"),
    "/logout": ("account:logout",),
    "/account/second-factor": ("account:two_factor:method:add account:recovery_codes:generate",),
    "/account/second-factor/remove": ("account:two_factor:method:remove",),
    "/account/recovery-codes": ("account:recovery_codes:regenerate",),
    "/account/tokens": ("account:api_token:add", "account:api_token:add project:api_token:add"),
    "/account/tokens/<token_id>/remove": ("account:api_token:remove project:api_token:remove",),
    "/projects/<name>/publishers": ("project:oidc:publisher:add",),
    "/projects/<name>/publishers/<publisher_id>/remove": ("project:oidc:publisher:remove",),
    "/publishers/token": ("project:short_lived_api_token:add",),
    "/legacy/": UPLOADS,
    "/projects/<name>/releases/<version>/yank": ("project:release:yank",),
    "/projects/<name>/releases/<version>/unyank": ("project:release:unyank",),
    "/projects/<name>/releases/<version>/remove": ("project:release:remove file:remove file:remove",),
    "/projects/<name>/rename": ("project:rename",),
    "/projects/<name>/delete": ("project:delete account:role:remove",),
    "/projects/<name>/invitations": (f"{ROLE.format('invite')} account:email:send",),
    "/projects/<name>/invitations/revoke": (ROLE.format("revoke_invite"),),
    "/projects/<name>/invitations/accept": (ROLE.format("add"),),
    "/projects/<name>/invitations/decline": (ROLE.format("decline_invite"),),
    "/projects/<name>/roles/change": (ROLE.format("change"),),
    "/projects/<name>/roles/remove": (ROLE.format("remove"),),
    "/organizations": ("organization:create",),
    "/organizations/<name>/members": ("organization:organization_role:add account:organization_role:add",),
    "/organizations/<name>/projects": (
        "organization:organization_project:add project:organization_project:add",
    ),
    "/organizations/<name>/delete": ("organization:delete",),
    "/admin/projects/<name>/quarantine": ("project:quarantine:enter",),
    "/admin/projects/<name>/quarantine/lift": ("project:quarantine:exit",),
    "/admin/projects/<name>/upload-limit": ("admin:project:set_upload_limit",),
    "/admin/prohibited-names": ("admin:prohibited_name:add",),
    "/admin/prohibited-names/remove": ("admin:prohibited_name:remove",),
    "/admin/users/<name>/disable-password": ("account:password:disable account:email:send",),
    "/rehearsal/staff": ("admin:user:flags:change",),
    "/rehearsal/letter": ("",),
    "/rehearsal/identity": ("",),
}
"""What a request to each route may record when it succeeds; one of these, and nothing else."""

REFUSED = {
    "account:login:failure",
    "account:login:rate_limited",
    "account:two_factor:rate_limited",
    "account:password:compromised",
    "account:password:disable",
    "account:email:send",
    "account:reauthenticate:failure",
    "file:refuse",
}
"""What a refused request may record: that it was refused, and never that it was done."""


class Counting:
    """Metrics that remember what was counted."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def increment(self, name: str, tags: list[str] | None = None) -> None:
        self.names.append(name)


class Answers:
    """The events of each request that was answered, by route and by whether it was done."""

    def __init__(self, recorder: Recorder) -> None:
        self.done: dict[str, set[str]] = defaultdict(set)
        self.refused: dict[str, set[str]] = defaultdict(set)
        self._recorder = recorder

    def note(self, response: Response) -> Response:
        ids = [UUID(text) for text in (response.headers.get(HEADER) or "").split(", ") if text]
        tags = " ".join(event.tag for event in self._recorder.events if event.id in ids)
        if request.method == "POST" and request.url_rule:
            kind = self.done if response.status_code < 400 else self.refused
            kind[request.url_rule.rule].add(tags)
        return response


@pytest.fixture
def counted() -> Counting:
    return Counting()


@pytest.fixture
def app(tmp_path: Path, trailkeeper_events: Recorder, counted: Counting) -> Iterator[Flask]:
    app = create_app(
        Settings(
            database=tmp_path / "index.sqlite",
            metrics=counted,
            issuer_key=b"only for this test",
            password_cost=2,
            rehearsal=True,
            trusted_proxies=("127.0.0.1",),
        )
    )
    yield app
    Services.of(app).close()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Scripted people who call the application without a network."""

    class InProcess(Client):
        def _send(
            self, method: str, path: str, body: bytes, headers: dict[str, str]
        ) -> tuple[int, dict[str, Any]]:
            builder = EnvironBuilder(
                path, method=method, data=body, headers=Headers({**self._headers(), **headers}),
                environ_base={"REMOTE_ADDR": "127.0.0.1"},
            )  # fmt: skip
            with closing(app.test_client(use_cookies=False).open(builder)) as response:
                self._take(response.headers.get("Set-Cookie"), response.headers.get(HEADER))
                return response.status_code, response.get_json() if response.is_json else {}

    return Cast("http://index.example", lambda _: None, InProcess)


@pytest.fixture
def alice(cast: Cast) -> Person:
    """Signed in, with a token and a project called sampler."""
    person = cast.person("alice")
    play(person.join())
    person.make_token("laptop")
    assert person.upload("sampler", "1.0") == 201
    return person


def play(story: Iterator[None]) -> None:
    for _ in story:
        pass


def play_all(app: Flask, cast: Cast, recorder: Recorder) -> Answers:
    answers = Answers(recorder)
    # last, when the header is there: they run in the reverse of their order
    app.after_request_funcs[None].insert(0, answers.note)
    for story in program(cast):
        play(story)
    return answers


def last(recorder: Recorder, tag: str) -> Event:
    return recorder.only(tag)[-1]


def test_every_route_that_changes_something_is_in_the_table(app: Flask) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert routes == set(RECORDED)


def test_every_route_records_what_it_did_and_refusals_record_no_success(
    app: Flask, cast: Cast, trailkeeper_events: Recorder
) -> None:
    answers = play_all(app, cast, trailkeeper_events)
    assert set(answers.done) == set(RECORDED)
    for route, seen in answers.done.items():
        assert seen <= set(RECORDED[route]), route
    assert {tag for seen in answers.refused.values() for tags in seen for tag in tags.split()} <= REFUSED
    assert answers.refused["/login"] >= {"account:login:failure", "account:login:rate_limited"}


def test_what_is_recorded_is_counted_too(
    app: Flask, alice: Person, cast: Cast, trailkeeper_events: Recorder, counted: Counting
) -> None:
    counted.names.clear()
    alice.browser.post("/projects/sampler/releases/1.0/yank")
    cast.stranger().attempt("/login", name="alice", password="letmein123")
    assert counted.names == ["package_index.release.yank", "package_index.login.failure"]


def test_a_password_that_became_known_is_disabled_at_the_next_login(
    app: Flask, alice: Person, trailkeeper_events: Recorder
) -> None:
    with Services.of(app).store.transaction() as db:
        db.execute("UPDATE users SET password = ?", hashed("password123", cost=2))
    statuses = [alice.browser.attempt("/login", name="alice", password="password123")[0] for _ in range(2)]
    assert statuses == [403, 401]
    assert last(trailkeeper_events, "account:password:disable").additional == {"reason": "compromised"}
    assert alice.browser.attempt("/logout")[0] == 401


def test_no_event_holds_a_secret(app: Flask, cast: Cast, trailkeeper_events: Recorder) -> None:
    people: list[Person] = []

    class Remembering(Cast):
        def person(self, name: str) -> Person:
            people.append(super().person(name))
            return people[-1]

    cast = Remembering(cast.url, cast.on_event, cast.client)
    play_all(app, cast, trailkeeper_events)
    written = b"\n".join(map(encode, trailkeeper_events.events)).decode()
    secrets = {
        secret
        for person in people
        for secret in (person.password, person.token, person.secret, *person.recovery_codes)
        if secret
    }
    assert len(secrets) > len(people)
    assert [secret for secret in secrets if secret in written] == []


def test_with_a_token_the_person_acts_and_the_label_says_which_script(
    alice: Person, trailkeeper_events: Recorder
) -> None:
    actor = last(trailkeeper_events, "file:add").actor
    assert (actor.kind, actor.name) == ("user", "alice")
    assert actor.credential
    assert (actor.credential.kind, actor.credential.label) == ("api_token", "laptop")
    assert actor.on_behalf_of is None


def test_a_trusted_publisher_acts_as_a_service_on_behalf_of_who_trusted_it(
    alice: Person, cast: Cast, trailkeeper_events: Recorder
) -> None:
    trusted = {"repository": "octo/sampler", "workflow": "release.yml"}
    alice.browser.post("/projects/sampler/publishers", **trusted)
    runner = cast.runner()
    identity = runner.post("/rehearsal/identity", **trusted)["identity"]
    token = runner.post("/publishers/token", identity=identity, project="sampler")["token"]
    assert runner.upload(token, "sampler", "1.1") == 201
    event = last(trailkeeper_events, "file:add")
    assert (event.actor.kind, event.actor.name) == ("service", "release.yml of octo/sampler")
    assert event.actor.credential
    assert event.actor.credential.kind == "trusted_publisher"
    assert event.actor.on_behalf_of
    assert event.actor.on_behalf_of.name == "alice"
    assert event.additional["publisher_url"] == "https://github.com/octo/sampler"
    assert runner.upload(token, "another", "1.0") == 403


def test_an_identity_that_the_issuer_did_not_sign_gets_no_token(
    alice: Person, trailkeeper_events: Recorder
) -> None:
    status, _ = alice.browser.attempt("/publishers/token", identity="e30=.00", project="sampler")
    assert status == 403
    assert trailkeeper_events.only("project:short_lived_api_token:add") == []


def test_who_fails_to_sign_in_is_anonymous_and_the_user_is_whom_it_is_about(
    alice: Person, cast: Cast, trailkeeper_events: Recorder
) -> None:
    stranger = cast.stranger()
    assert stranger.attempt("/login", name="alice", password="letmein123")[0] == 401
    event = last(trailkeeper_events, "account:login:failure")
    assert event.actor.kind == "anonymous"
    assert event.actor.id is None
    assert event.user
    assert event.user.name == "alice"
    assert event.ip == stranger.address
    assert event.additional == {"reason": "invalid_password"}


def test_the_name_that_no_user_has_is_recorded_nowhere(cast: Cast, trailkeeper_events: Recorder) -> None:
    """It may be a password, typed into the wrong field."""
    cast.stranger().attempt("/login", name="hunter2-hunter2", password="12345678")
    event = last(trailkeeper_events, "account:login:failure")
    assert event.user is None
    assert b"hunter2" not in encode(event)


def test_a_flood_of_refused_logins_is_recorded_once(
    alice: Person, cast: Cast, trailkeeper_events: Recorder
) -> None:
    stranger = cast.stranger()
    statuses = [
        stranger.attempt("/login", name="alice", password=f"guess number {number}")[0] for number in range(9)
    ]
    assert statuses == [401] * 5 + [429] * 4
    assert len(trailkeeper_events.only("account:login:failure")) == 5
    assert len(trailkeeper_events.only("account:login:rate_limited")) == 1


def test_staff_acts_as_staff_under_admin_and_as_a_user_elsewhere(
    alice: Person, trailkeeper_events: Recorder
) -> None:
    assert alice.browser.attempt("/admin/projects/sampler/quarantine")[0] == 403
    alice.browser.post("/rehearsal/staff", name="alice")
    alice.browser.post("/admin/projects/sampler/quarantine")
    alice.browser.post("/projects/sampler/releases/1.0/yank")
    assert last(trailkeeper_events, "project:quarantine:enter").actor.kind == "staff"
    assert last(trailkeeper_events, "project:release:yank").actor.kind == "user"
    assert len(trailkeeper_events.only("project:quarantine:enter")) == 1


def test_the_staffs_list_of_names_holds(alice: Person, trailkeeper_events: Recorder) -> None:
    alice.browser.post("/rehearsal/staff", name="alice")
    alice.browser.post("/admin/prohibited-names", name="Samplers", reason="looks like another one")
    assert alice.upload("samplers", "1.0") == 403
    alice.browser.post("/admin/prohibited-names/remove", name="samplers")
    assert alice.upload("samplers", "1.0") == 201
    assert [event.additional["name"] for event in trailkeeper_events.only("admin:prohibited_name:add")] == [
        "samplers"
    ]
    assert last(trailkeeper_events, "admin:prohibited_name:remove").actor.kind == "staff"


@pytest.mark.parametrize("is_in_trail", [True, False])
def test_with_a_session_the_event_is_in_its_transaction_or_after_it(
    app: Flask,
    alice: Person,
    trailkeeper_events: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    is_in_trail: bool,
) -> None:
    alice.browser.post("/rehearsal/staff", name="alice")
    desk = Services.of(app).desk
    desk.is_in_trail = is_in_trail
    kept = len(trailkeeper_events.only("admin:prohibited_name:add"))
    outcomes: list[str] = []

    def remembering(call: Callable[..., Receipt]) -> Callable[..., Receipt]:
        def called(*given: Any, **facts: Any) -> Receipt:
            receipt = call(*given, **facts)
            outcomes.append(receipt.outcome)
            return receipt

        return called

    calls: dict[str, Callable[..., Receipt]] = {"emit": emit, "emit_on_commit": emit_on_commit}
    for name, call in calls.items():
        monkeypatch.setattr(audit, name, remembering(call))
    alice.browser.post("/admin/prohibited-names", name="samplers", reason="looks like another one")
    assert outcomes == ["outbox" if is_in_trail else "on_commit"]
    assert len(trailkeeper_events.only("admin:prohibited_name:add")) == kept + 1


def test_a_letter_does_not_show_the_addressee_where_its_cause_was(
    alice: Person, cast: Cast, trailkeeper_events: Recorder
) -> None:
    bob = cast.person("bob")
    play(bob.join())
    alice.browser.post("/projects/sampler/invitations", user="bob", role="maintainer")
    letter, invitation = (
        last(trailkeeper_events, "account:email:send"),
        last(trailkeeper_events, "account:role:invite"),
    )
    own = trailkeeper_events.only("account:email:send")[0]
    assert (letter.actor.kind, letter.ip, letter.user_agent) == ("system", None, None)
    assert (own.actor.kind, own.ip) == ("system", None)
    assert letter.request_id == invitation.request_id


def test_a_role_change_is_in_both_histories_under_one_request(
    alice: Person, cast: Cast, trailkeeper_events: Recorder
) -> None:
    bob = cast.person("bob")
    play(bob.join())
    alice.browser.post("/projects/sampler/invitations", user="bob", role="maintainer")
    bob.browser.post("/projects/sampler/invitations/accept")
    of_project, of_account = (
        last(trailkeeper_events, "project:role:add"),
        last(trailkeeper_events, "account:role:add"),
    )
    assert of_project.user == of_account.user
    assert of_project.project == of_account.project
    assert of_project.request_id == of_account.request_id
    assert of_account.user
    assert of_account.user.name == "bob"


def test_ids_outlive_names(alice: Person, trailkeeper_events: Recorder) -> None:
    alice.browser.post("/projects/sampler/rename", name="sampler-next")
    alice.browser.post("/projects/sampler-next/releases/1.0/yank")
    before = last(trailkeeper_events, "project:rename").project
    after = last(trailkeeper_events, "project:release:yank").project
    assert before
    assert after
    assert before.id == after.id
    assert (before.name, after.name) == ("sampler", "sampler-next")


def test_what_must_be_recorded_is_not_done_while_it_cannot_be(
    alice: Person, trailkeeper_events: Recorder
) -> None:
    with trailkeeper_events.down():
        assert alice.browser.attempt("/projects/sampler/delete")[0] == 503
    assert trailkeeper_events.only("project:delete") == []
    assert alice.browser.get("/projects/sampler/") == 200
    alice.browser.post("/projects/sampler/delete")
    assert alice.browser.get("/projects/sampler/") == 404


def test_a_password_known_to_attackers_is_refused_and_told_to_its_owner_only(
    alice: Person, trailkeeper_events: Recorder
) -> None:
    status, answer = alice.browser.attempt("/account/password", old=alice.password, new="password123")
    assert (status, answer["error"]) == (400, "this password is known to attackers; choose another")
    event = last(trailkeeper_events, "account:password:compromised")
    assert event.user
    assert event.user.name == "alice"
    assert trailkeeper_events.only("account:password:change") == []


def test_the_answer_names_its_events(app: Flask, trailkeeper_events: Recorder) -> None:
    response = app.test_client().post(
        "/accounts", json={"name": "carol", "email": "carol@mail.example", "password": "long enough"}
    )
    assert response.headers[HEADER].split(", ") == [str(event.id) for event in trailkeeper_events.events]
    assert {event.tag for event in trailkeeper_events.events} == JOINED
