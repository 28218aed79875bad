"""What the service answers to what nobody should ask, and how it says that it cannot answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.support.api import (
    ADMIN,
    API,
    MAINTAINER,
    SECRET,
    STRANGER,
    USER,
    FakeReader,
    app_with,
    asking,
    bearer,
    problem,
)
from tests.support.rows import NOON
from trailkeeper.models.errors import RefusedRow, StoreMisconfigured, StoreUnavailable
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.testing import Recorder, recording
from trailkeeper.views.bounds import LONGEST_URL
from trailkeeper.views.documents.examples import EVENT
from trailkeeper.views.viewer import Viewer

CLAIMS = {"sub": "u1", "aud": "trailkeeper", "exp": 9_999_999_999}


@pytest.fixture(autouse=True)
def recorder() -> Iterator[Recorder]:
    with recording() as found:
        yield found


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def client(reader: FakeReader) -> Iterator[TestClient]:
    with asking(app_with(reader)) as found:
        yield found


def ask(client: TestClient, path: str, viewer: Viewer | None = ADMIN, **options: Any) -> Any:
    return client.get(API + path, headers=bearer(viewer), **options)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=yesterday", "since: input should be a valid datetime"),
        ("since=2026-01-01T00:00:00", "since: input should have timezone info"),
        ("since=0001-01-01T00:00:00Z", "since: "),
        ("until=99999999999999999999", "until: "),
        ("since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", "until: is 2026-01-01"),
        ("tag=nonsense", "tag: is 'nonsense'; expected one such as account:login:failure"),
        ("tag=*", "tag: is '*'; expected"),
        ("&".join(["tag=a:b"] * 51), "tag: list should have at most 50 items"),
        ("address=999.1.1.1", "address: is '999.1.1.1'; expected one such as"),
        ("address=fe80::1%25eth0", "address: is 'fe80::1%eth0'; expected one without a zone"),
        ("asn=Cloudflare", "asn: is 'Cloudflare'; expected a number such as AS13335"),
        ("country=Germany", "country: string should match pattern"),
        ("client=", "client: string should have at least 1 character"),
        ("text=%00", "text: is '\\x00'; expected 1 to 200 characters, none of them NUL"),
        ("actor=", "actor: string should have at least 1 character"),
        ("via_service=perhaps", "via_service: input should be a valid boolean"),
        ("limit=0", "limit: input should be greater than or equal to 1"),
        ("limit=1001", "limit: input should be less than or equal to 1000"),
        ("limit=ten", "limit: input should be a valid integer"),
        ("cursor=older.abc", "cursor: it was altered, or belongs to another question"),
        ("cursor=%F0%9F%90%8D", "cursor: it was altered"),
        ("offset=10", "offset: extra inputs are not permitted"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named_with_what_was_expected(
    client: TestClient, query: str, said: str
) -> None:
    detail = problem(ask(client, f"/events?{query}"), 422)
    assert detail.startswith(said)
    assert len(detail) < 1000


def test_a_cursor_of_another_question_is_refused_and_its_own_is_taken(client: TestClient) -> None:
    older = ask(client, "/projects/p1/events").json()["older"]
    assert older.startswith("older.")
    assert ask(client, f"/projects/p1/events?cursor={older}").status_code == 200
    said = "cursor: it was altered, or belongs to another question"
    assert problem(ask(client, f"/projects/p2/events?cursor={older}"), 422) == said
    assert problem(ask(client, f"/projects/p1/events?country=DE&cursor={older}"), 422) == said
    altered = older[:10] + ("A" if older[10] != "A" else "B") + older[11:]
    assert problem(ask(client, f"/projects/p1/events?cursor={altered}"), 422) == said


def test_links_lead_to_the_pages_beside_with_the_same_filters_and_never_to_another_host(
    client: TestClient,
) -> None:
    response = ask(client, "/projects/p1/events?tag=a:b&tag=c:*&limit=1")
    links = response.json()["links"]
    assert links["self"] == "/api/v1/projects/p1/events?tag=a:b&tag=c:*&limit=1"
    assert links["newer"] is None
    assert links["older"].startswith("/api/v1/projects/p1/events?tag=a%3Ab&tag=c%3A%2A&limit=1&cursor=older.")
    older = client.get(links["older"], headers=bearer(ADMIN)).json()
    assert older["newer"].startswith("newer.")


@pytest.mark.parametrize("path", ["/users/u2/events", "/organizations/o9/events", "/events"])
@pytest.mark.parametrize("rest", ["", "/export", "/tail", "/activity", "/places"])
def test_a_forbidden_history_and_an_unknown_one_look_alike(client: TestClient, path: str, rest: str) -> None:
    forbidden = ask(client, path + rest, USER)
    unknown = ask(client, "/users/nobody-of-this-name/events" + rest, USER)
    for response in (forbidden, unknown):
        assert problem(response, 404) == "there is no such history or event, or it is not yours to see"
    assert forbidden.content == unknown.content
    assert dict(forbidden.headers) == dict(unknown.headers)


def test_a_history_without_any_event_is_there_only_for_those_it_belongs_to() -> None:
    with asking(app_with(FakeReader([]))) as client:
        assert ask(client, "/projects/p1/events", MAINTAINER).json()["events"] == []
        assert ask(client, "/users/u1/events", USER).json()["events"] == []
        for rest in ("", "/export", "/tail", "/activity", "/places"):
            problem(ask(client, f"/projects/p1/events{rest}", STRANGER), 404)
            problem(ask(client, f"/users/u1/events{rest}", ADMIN), 404)


def test_an_id_may_hold_slashes_and_whatever_else_an_application_uses(
    client: TestClient, reader: FakeReader
) -> None:
    for written, meant in (
        ("a%2Fb", "a/b"),
        ("a/events/b", "a/events/b"),
        ("%E2%82%AC%20", "€ "),
        ("a%0Ab", "a\nb"),
        ("a%0A", "a\n"),
    ):
        assert ask(client, f"/projects/{written}/events").status_code == 200
        assert reader.asked is not None
        assert reader.asked.id == meant
    problem(ask(client, "/projects/%00/events"), 422)


def test_no_answer_names_the_host_that_the_client_says(client: TestClient) -> None:
    for path in ("/log/", "/me/", "/api/v1/events/", "/api/v1/projects/p1/events/", "//elsewhere/"):
        answer = client.get(path, headers={"Host": "attacker.example"}, follow_redirects=False)
        assert "attacker" not in f"{answer.headers}{answer.text}"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("nonsense", "the token cannot be read"),
        (jwt.encode(CLAIMS, "another secret of thirty-two letters"), "the token was not signed with our key"),
        (jwt.encode(CLAIMS | {"exp": 1}, SECRET), "the token has expired"),
        (jwt.encode(CLAIMS | {"aud": "elsewhere"}, SECRET), "the token is meant for another audience"),
        (jwt.encode({"sub": "u1", "aud": "trailkeeper"}, SECRET), "the token has no exp"),
        (jwt.encode(CLAIMS, "", "none"), "the token was signed with another algorithm"),
        ("a" * 9000, "the token has 9,000 characters"),
    ],
)  # fmt: skip
def test_a_token_that_does_not_hold_is_refused_with_its_reason(
    client: TestClient, token: str, said: str
) -> None:
    response = client.get(f"{API}/projects/p1/events", headers={"Authorization": f"Bearer {token}"})
    assert problem(response, 401).startswith(said)
    assert response.headers["www-authenticate"] == 'Bearer realm="trailkeeper", error="invalid_token"'


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer ", "bearer\xff"])
def test_another_kind_of_authorization_is_refused_and_not_overlooked(client: TestClient, header: str) -> None:
    headers = {"Authorization": header.encode("latin-1")}
    problem(client.get(f"{API}/projects/p1/events", headers=headers), 401)


def test_an_address_that_is_too_long_is_refused_before_anything_reads_it(
    client: TestClient, reader: FakeReader
) -> None:
    said = "the address is longer than 8,192 bytes"
    for path in ("?text=" + "a" * 60_000, "/" + "a" * LONGEST_URL):
        assert problem(ask(client, "/events" + path), 414) == said
    assert reader.asked is None


def test_a_path_or_method_that_is_not_there_is_a_problem_too(client: TestClient) -> None:
    problem(ask(client, "/nothing"), 404)
    response = client.post(f"{API}/events", headers=bearer(ADMIN))
    assert problem(response, 405) == "Method Not Allowed"
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize("identity", ["1", "not-a-uuid", "01934c1f-7b40-7c51-9d3a"])
def test_an_event_id_that_is_none_is_told(client: TestClient, identity: str) -> None:
    assert problem(ask(client, f"/events/{identity}"), 422).startswith("id: input should be a valid UUID")


def test_an_event_is_found_by_its_id_and_an_unknown_one_is_not(client: TestClient) -> None:
    assert ask(client, f"/events/{EVENT['id']}").json() == EVENT
    problem(ask(client, f"/events/{uuid7(NOON)}"), 404)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (StoreUnavailable("password=hunter2"), 503, "the database does not answer"),
        (StoreUnavailable("canceled", "57014"), 503, "the query took too long"),
        (StoreMisconfigured("no table"), 503, "the service is not set up yet"),
        (RefusedRow("hunter2"), 422, "the request holds a value that no event can have"),
        (RuntimeError("hunter2"), 500, "something went wrong here; the log says what"),
    ],
)  # fmt: skip
def test_our_own_troubles_are_told_without_their_details(  # noqa: PLR0917 - three fixtures, three parameters
    client: TestClient,
    reader: FakeReader,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    said: str,
) -> None:
    reader.error = error
    with caplog.at_level(logging.CRITICAL):
        for rest in ("", "/export", "/activity"):
            response = ask(client, "/projects/p1/events" + rest)
            assert problem(response, status).startswith(said)
            assert ("retry-after" in response.headers) == (status == 503)
            assert response.headers["x-content-type-options"] == "nosniff"


def test_every_answer_says_what_a_browser_may_do_with_it_and_that_nobody_keeps_it(client: TestClient) -> None:
    for path in ("/health", f"{API}/events", f"{API}/nothing", f"{API}/events?limit=0", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers


def test_over_https_browsers_are_told_to_stay_there() -> None:
    with asking(app_with(FakeReader()), base_url="https://testserver") as client:
        assert client.get("/health").headers["strict-transport-security"] == "max-age=31536000"


def test_what_admins_look_at_is_recorded_and_what_others_look_at_is_not(
    client: TestClient, recorder: Recorder
) -> None:
    ask(client, "/users/u1/events?country=DE", ADMIN)
    ask(client, "/users/u1/events", USER)
    ask(client, "/users/u1/events/activity?country=DE", ADMIN)
    event, counted = recorder.events
    assert (counted.tag, counted.additional) == (event.tag, event.additional)
    assert (event.tag, event.actor.id) == ("admin:history:view", "boss")
    assert event.additional == {"about": "user", "id": "u1", "filters": {"country_code": "DE"}}


def test_an_export_that_cannot_be_recorded_is_refused(client: TestClient, recorder: Recorder) -> None:
    with recorder.down():
        detail = problem(ask(client, "/users/u1/events/export", USER), 503)
    assert detail == "this must be recorded as an event, and at the moment it cannot be"
    assert ask(client, "/users/u1/events/export", USER).status_code == 200
    (event,) = recorder.events
    assert (event.tag, event.actor.kind, event.actor.id) == ("admin:history:export", "user", "u1")


def test_the_event_types_that_only_admins_see_are_listed_for_them_alone(client: TestClient) -> None:
    def tags(viewer: Viewer | None) -> list[str]:
        return [kind["tag"] for kind in ask(client, "/event-types", viewer).json()["event_types"]]

    assert tags(None) == tags(USER) == sorted(tags(USER))
    assert "project:release:add" in tags(None)
    assert "admin:history:view" not in tags(None)
    assert "admin:history:view" in tags(ADMIN)


def test_a_host_application_decides_who_looks_and_tokens_are_not_looked_at(reader: FakeReader) -> None:
    def of_session(request: Any) -> Viewer | None:
        return Viewer(user_id=request.headers["x-session"]) if "x-session" in request.headers else None

    with asking(app_with(reader, identify=of_session)) as client:
        assert client.get(f"{API}/users/u1/events", headers={"x-session": "u1"}).status_code == 200
        problem(client.get(f"{API}/users/u1/events", headers=bearer(USER)), 404)
        problem(client.post("/session", json={"token": "x"}), 404)
        assert client.get(f"{API}/projects/p1/events").status_code == 200


def test_below_a_host_application_addresses_and_errors_are_as_they_are_alone(reader: FakeReader) -> None:
    host = FastAPI()
    host.mount("/trail", app_with(reader, identify=lambda _: ADMIN))
    with asking(host) as client:
        page = client.get(f"/trail{API}/projects/p1/events?limit=1").json()
        assert page["links"]["self"] == f"/trail{API}/projects/p1/events?limit=1"
        assert client.get(page["links"]["older"]).status_code == 200
        problem(client.get(f"/trail{API}/nothing", headers={"Accept": "text/html"}), 404)
        assert client.get("/trail/health").headers["x-content-type-options"] == "nosniff"


def test_without_a_key_no_token_holds_and_what_is_public_is_shown(reader: FakeReader) -> None:
    with asking(app_with(reader, token_secret=None)) as client:
        assert client.get(f"{API}/projects/p1/events").status_code == 200
        said = problem(client.get(f"{API}/projects/p1/events", headers=bearer(USER)), 401)
        assert said == "this service accepts no tokens: it has no key to verify them"
