"""The example application meets input that means no good: it refuses, records nothing and never breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trailkeeper.examples.package_index.app import LARGEST_BODY, create_app
from trailkeeper.examples.package_index.services import Services, Settings
from trailkeeper.producer.testing import Recorder

GOOD = {"name": "alice", "email": "alice@mail.example", "password": "a long enough one"}


@pytest.fixture
def app(tmp_path: Path, trailkeeper_events: Recorder) -> Iterator[Flask]:
    app = create_app(Settings(database=tmp_path / "index.sqlite", password_cost=2))
    yield app
    Services.of(app).close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "al\0ice"),
        ("name", "alice\n"),
        ("name", "a" * 64),
        ("name", "\ud800"),
        ("name", ""),
        ("name", None),
        ("name", ["alice"]),
        ("name", "\u202eecila"),
        ("email", "alice\0@mail.example"),
        ("email", "a" * 10_000 + "@mail.example"),
        ("email", "nobody"),
        ("password", "short"),
        ("password", "x" * 100_000),
        ("password", "\udfff" * 10),
        ("password", 12345678),
    ],
)
def test_a_bad_field_is_a_400_that_names_it(
    client: FlaskClient, trailkeeper_events: Recorder, key: str, value: Any
) -> None:
    response = client.post("/accounts", json={**GOOD, key: value})
    assert response.status_code == 400
    assert response.get_json()["error"].startswith(key)
    assert trailkeeper_events.events == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000, 400),
        (b'{"name": "' + b"a" * LARGEST_BODY + b'"}', 413),
    ],
)
def test_a_body_that_is_no_small_object_is_refused(
    client: FlaskClient, trailkeeper_events: Recorder, body: bytes, status: int
) -> None:
    response = client.post("/accounts", data=body, content_type="application/json")
    assert response.status_code == status
    assert trailkeeper_events.events == []


def test_a_form_of_another_site_is_refused(client: FlaskClient, trailkeeper_events: Recorder) -> None:
    """Browsers send a form with cookies and without asking; JSON they do not."""
    assert client.post("/accounts", data=GOOD).status_code == 415
    disguised = client.post("/accounts", data=json.dumps(GOOD), content_type="text/plain")
    assert disguised.status_code == 415
    assert trailkeeper_events.events == []


@pytest.mark.parametrize(
    "authorization",
    ["Bearer nonsense", "Basic X190b2tlbl9fOm5vbnNlbnNl", "Basic !", "Bearer \xff", "Digest a=b"],
)
def test_a_token_that_is_not_good_uploads_nothing(
    client: FlaskClient, trailkeeper_events: Recorder, authorization: str
) -> None:
    response = client.post("/legacy/", data=b"", headers={"Authorization": authorization})
    assert response.status_code == 401
    assert trailkeeper_events.events == []


def test_hostile_headers_do_not_break_what_is_recorded(
    client: FlaskClient, trailkeeper_events: Recorder
) -> None:
    headers = {
        "User-Agent": "x" * 20_000,
        "X-Forwarded-For": "'; DROP TABLE events; --",
        "X-Request-ID": "<script>",
        "Cookie": "session=\xff\xfe",
    }
    assert client.post("/accounts", json=GOOD, headers=headers).status_code == 201
    event = trailkeeper_events.assert_emitted("account:create")
    assert event.ip == "127.0.0.1"
    assert event.request_id != "<script>"


def test_the_rehearsal_is_not_served_unless_asked_for(client: FlaskClient) -> None:
    assert client.post("/rehearsal/staff", json={"name": "alice"}).status_code == 404


def test_names_that_differ_in_case_only_are_one_name(client: FlaskClient) -> None:
    assert client.post("/accounts", json=GOOD).status_code == 201
    assert client.post("/accounts", json={**GOOD, "name": "ALICE"}).status_code == 409


@given(
    fields=st.dictionaries(
        st.sampled_from(["name", "email", "password"]), st.text() | st.integers() | st.none()
    )
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_sent_is_done_or_refused(client: FlaskClient, fields: dict[str, Any]) -> None:
    response = client.post("/accounts", json={**GOOD, **fields})
    assert response.status_code in {201, 400, 409}
    assert client.post("/login", json={**GOOD, **fields}).status_code in {200, 400, 401, 429}
