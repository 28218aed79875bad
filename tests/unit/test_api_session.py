"""A token exchanged for a cookie: what the cookie is like, and who gets none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.api import API, USER, FakeReader, app_with, asking, bearer, problem, settings
from tests.support.clock import Clock
from trailkeeper.views.limits import RateLimiter
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import Viewer

JSON = {"content-type": "application/json"}
TOKEN = mint(settings(), USER, 3600)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with asking(app_with(FakeReader())) as found:
        yield found


def begin(client: TestClient, **options: Any) -> Any:
    return client.post("/session", **options)


def test_a_token_becomes_a_cookie_that_scripts_and_other_sites_cannot_use(client: TestClient) -> None:
    response = begin(client, json={"token": TOKEN})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["set-cookie"] == f"trailkeeper={TOKEN}; HttpOnly; Path=/; SameSite=lax"
    assert client.get(f"{API}/users/u1/events").status_code == 200
    assert client.get("/session").json() == {
        "user_id": "u1",
        "projects": {},
        "organizations": {},
        "staff": False,
    }


def test_over_https_the_cookie_is_secure_and_of_this_host_alone() -> None:
    app = app_with(FakeReader(), cookie_secure=True)
    with asking(app, base_url="https://testserver") as client:
        response = begin(client, json={"token": TOKEN})
        expected = f"__Host-trailkeeper={TOKEN}; HttpOnly; Path=/; SameSite=lax; Secure"
        assert response.headers["set-cookie"] == expected
        assert client.get(f"{API}/users/u1/events").status_code == 200


def test_a_form_goes_on_to_where_it_was_going(client: TestClient) -> None:
    response = begin(client, data={"token": TOKEN, "next": "/users/u1?tag=account:*"})
    assert (response.status_code, response.headers["location"]) == (303, "/users/u1?tag=account:*")
    assert begin(client, data={"token": f" {TOKEN}\n"}).headers["location"] == "/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
    ],
)
def test_a_form_never_leads_to_another_site(client: TestClient, elsewhere: str) -> None:
    assert begin(client, data={"token": TOKEN, "next": elsewhere}).headers["location"] == "/"


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ({"json": {"token": "nonsense"}}, 401, "the token cannot be read"),
        ({"json": {}}, 422, "token: is missing"),
        ({"json": {"token": 5}}, 422, "token: is missing"),
        ({"json": {"token": "  "}}, 422, "token: is missing"),
        ({"json": [1]}, 422, "the body is not an object; expected one with a token"),
        ({"data": {"next": "/"}}, 422, "token: is missing"),
        ({"content": b"{", "headers": JSON}, 400, "the body is not JSON"),
        ({"content": b"[" * 60_000, "headers": JSON}, 400, "the body is not JSON"),
        ({"content": b"\xff", "headers": JSON}, 400, "the body is not JSON"),
        ({"content": b"token=x"}, 415, "the body has the wrong type"),
        ({"json": {"token": "a" * 70_000}}, 413, "the body is larger than 65,536 bytes"),
    ],
)  # fmt: skip
def test_what_is_no_token_is_told_what_it_is(
    client: TestClient, options: dict[str, Any], status: int, said: str
) -> None:
    assert problem(begin(client, **options), status).startswith(said)


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"a" * 1024

    response = begin(client, content=endless(), headers=JSON)
    assert problem(response, 413) == "the body is larger than 65,536 bytes"


def test_a_token_too_long_for_a_cookie_says_where_it_can_go(client: TestClient) -> None:
    many = Viewer(user_id="u1", projects={f"project-{number}": "owner" for number in range(140)})
    token = mint(settings(), many, 3600)
    assert len(token) > 3900
    said = problem(begin(client, json={"token": token}), 422)
    assert said == "the token is too long for a cookie; send it in the Authorization header"
    assert client.get("/session", headers=bearer(many)).json()["projects"]["project-139"] == "owner"


def test_logging_out_removes_the_cookie(client: TestClient) -> None:
    begin(client, json={"token": TOKEN})
    assert client.delete("/session").status_code == 204
    assert client.get("/session").json()["user_id"] is None
    begin(client, json={"token": TOKEN})
    response = client.post("/session/end")
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert client.get("/session").json()["user_id"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_page_of_another_site_neither_logs_in_nor_out(client: TestClient, headers: dict[str, str]) -> None:
    said = "a page of another site sent this request"
    assert problem(begin(client, json={"token": TOKEN}, headers=headers), 403) == said
    assert problem(client.delete("/session", headers=headers), 403) == said
    assert problem(client.post("/session/end", headers=headers), 403) == said
    own = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    assert begin(client, json={"token": TOKEN}, headers=own).status_code == 204


def test_an_address_has_ten_tries_a_minute_and_gets_them_back_one_by_one() -> None:
    app, clock = app_with(FakeReader()), Clock()
    app.state.trailkeeper = replace(app.state.trailkeeper, token_rate=RateLimiter(clock=clock))
    with asking(app, client=("203.0.113.7", 1)) as client, asking(app, client=("203.0.113.8", 1)) as other:
        for _ in range(10):
            problem(begin(client, json={"token": "nonsense"}), 401)
        response = begin(client, json={"token": TOKEN})
        assert problem(response, 429) == "too many attempts; wait a little"
        assert response.headers["retry-after"] == "7"
        assert begin(other, json={"token": TOKEN}).status_code == 204
        clock.now += 6
        assert begin(client, json={"token": TOKEN}).status_code == 204
        assert begin(client, json={"token": TOKEN}).status_code == 429


@pytest.mark.parametrize(
    ("url", "settings_of_cookie", "stays"),
    [
        ("http://audit.example", {}, False),
        ("http://192.0.2.7:8460", {}, False),
        ("http://127.0.0.1.evil.example", {}, False),
        ("https://audit.example", {}, True),
        ("http://localhost:8460", {}, True),
        ("http://127.0.0.1:8460", {}, True),
        ("http://[::1]:8460", {}, True),
        ("http://audit.example", {"cookie_secure": False}, True),
    ],
)
def test_the_page_to_sign_in_says_where_nobody_can_stay_signed_in(
    url: str, settings_of_cookie: dict[str, Any], stays: bool
) -> None:
    app = app_with(FakeReader(), **{"cookie_secure": True} | settings_of_cookie)
    with asking(app, base_url=url) as client:
        page = client.get("/sign-in").text
    assert ("cannot stay signed in here" in page) != stays
    assert ("TRAILKEEPER_COOKIE_SECURE=false" in page) != stays
