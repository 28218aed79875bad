"""Every endpoint for every kind of viewer, on real rows: each sees what the catalogue says, on every path."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from tests.support.api import (
    ADMIN,
    API,
    MAINTAINER,
    OWNER,
    STRANGER,
    USER,
    app_with,
    asking,
    problem,
    settings,
)
from tests.support.rows import NOON, event_row, store, store_in
from trailkeeper.models.engine import make_engine
from trailkeeper.models.tables import LocationRow, NetworkRow
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.testing import recording
from trailkeeper.views import tail_stream
from trailkeeper.views.app_state import reading_engine
from trailkeeper.views.documents.events import EventDocument, PageDocument, PlacesDocument
from trailkeeper.views.viewer import Viewer

VIEWERS: dict[str, Viewer | None] = {
    "nobody": None,
    "user": USER,
    "owner": OWNER,
    "maintainer": MAINTAINER,
    "stranger": STRANGER,
    "admin": ADMIN,
}
FULL, REDACTED = "full", "redacted"

SEEN: dict[str, dict[str, dict[str, str]]] = {
    "/users/u1": {
        "user": {"failure": FULL, "frozen": REDACTED},
        "admin": {"failure": FULL, "frozen": FULL, "unknown": FULL},
    },
    "/projects/p1": {
        "nobody": {"release": REDACTED},
        "user": {"release": REDACTED},
        "stranger": {"release": REDACTED},
        "maintainer": {"release": REDACTED},
        "owner": {"release": FULL, "token": FULL, "limit": REDACTED},
        "admin": {"release": FULL, "token": FULL, "limit": FULL},
    },
    "/organizations/o1": {"owner": {"founded": FULL}, "admin": {"founded": FULL}},
    "": {
        "admin": dict.fromkeys(("failure", "frozen", "unknown", "release", "token", "limit", "founded"), FULL)
    },
}
"""By history and viewer, which events are seen, and how much of each. Who is not named sees none."""


def rows(location: int, network: int) -> dict[str, dict[str, Any]]:
    """The events, oldest first."""
    scopes = {"account": "user", "project": "project", "organization": "organization"}
    said: dict[str, dict[str, Any]] = {
        "failure": {"tag": "account:login:failure", "user_id": "u1", "user_name": "alice"},
        "frozen": {"tag": "admin:user:freeze", "scope": "user", "user_id": "u1", "actor_kind": "staff"},
        "unknown": {"tag": "account:nobody:knows", "user_id": "u1"},
        "release": {
            "tag": "project:release:add",
            "project_id": "p1",
            "project_name": "sample",
            "actor_kind": "user",
            "actor_id": "u-owner",
            "additional": {"version": "1.0", "publisher_url": "https://ci.example/=1"},
        },
        "token": {
            "tag": "project:api_token:add",
            "project_id": "p1",
            "actor_kind": "user",
            "actor_id": "u-other",
        },
        "limit": {"tag": "admin:project:set_upload_limit", "scope": "project", "project_id": "p1"}
        | {"actor_kind": "staff", "actor_id": "s1", "actor_name": "Root"},
        "founded": {"tag": "organization:create", "organization_id": "o1"}
        | {"actor_kind": "user", "actor_id": "u-owner"},
    }
    found = {}
    for place, (name, row) in enumerate(said.items()):
        scope = row.pop("scope", None) or scopes[row["tag"].partition(":")[0]]
        where = {"ip": "192.0.2.7", "location_id": location, "network_id": network, "request_id": "r1"}
        found[name] = event_row(NOON + timedelta(minutes=place), scope=scope, **where, **row)
    return found


@pytest.fixture
def stored(engine: Engine) -> dict[str, str]:
    """The events' ids by name."""
    derived = {"source": "test", "build": "1", "digest": hashlib.sha256(b"place").digest()}
    location = store_in(
        engine, LocationRow, display="Berlin, DE", country="Germany", country_code="DE", **derived
    )
    network = store_in(
        engine, NetworkRow, display="AS64496 Example", asn=64496, operator="Example", **derived
    )
    found = rows(location, network)
    store(engine, *found.values())
    return {name: str(row["id"]) for name, row in found.items()}


@pytest.fixture
def app(engine: Engine, stored: dict[str, str]) -> Iterator[FastAPI]:
    with recording():
        yield app_with(engine=engine)


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["id"] for event in events]


def paged(client: TestClient, path: str) -> list[dict[str, Any]]:
    """All events by pages of two, read to the end and back by the links."""
    found, address = [], f"{API}{path}/events?limit=2"
    while True:
        page = client.get(address).json()
        PageDocument.model_validate(page)
        found += page["events"]
        if page["older"] is None:
            break
        address = page["links"]["older"]
    back = list(page["events"])
    while (address := page["links"]["newer"]) is not None:
        page = client.get(address).json()
        back = page["events"] + back
    assert ids(back) == ids(found)
    return found


def exported(client: TestClient, path: str) -> list[dict[str, Any]]:
    text = client.get(f"{API}{path}/events/export?format=jsonl").text
    return [json.loads(line) for line in text.splitlines()]


def in_spreadsheet(client: TestClient, path: str) -> list[dict[str, str]]:
    return list(
        csv.DictReader(
            io.StringIO(client.get(f"{API}{path}/events/export?format=csv").content.decode("utf-8-sig"))
        )
    )


def tailed(client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a tail sends that goes on from before the first event, in one look."""
    monkeypatch.setattr(tail_stream, "MAX_SECONDS", 0.05)
    monkeypatch.setattr(tail_stream, "POLL_SECONDS", 0.05)
    headers = {"Last-Event-ID": str(uuid7(NOON - timedelta(hours=1)))}
    sent = client.get(f"{API}{path}/events/tail", headers=headers).text
    return [
        json.loads(line.removeprefix("data: ")) for line in sent.splitlines() if line.startswith("data: ")
    ]


@pytest.mark.parametrize("path", SEEN)
def test_page_export_tail_and_event_show_each_viewer_what_the_catalogue_says(
    app: FastAPI, stored: dict[str, str], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for who, viewer in VIEWERS.items():
        expected = {stored[name]: view for name, view in SEEN[path].get(who, {}).items()}
        with asking(app, viewer) as client:
            if expected:
                see(client, path, expected, monkeypatch)
            else:
                for rest in ("", "/export", "/tail", "/activity", "/places"):
                    problem(client.get(f"{API}{path}/events{rest}"), 404)


def see(client: TestClient, path: str, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    events = paged(client, path)
    assert {event["id"]: event["view"] for event in events} == expected
    assert exported(client, path) == events
    assert [row["id"] for row in in_spreadsheet(client, path)] == ids(events)
    assert tailed(client, path, monkeypatch) == events[::-1]
    assert [client.get(f"{API}/events/{event['id']}").json() for event in events] == events
    for event in events:
        EventDocument.model_validate(event)
    counted = client.get(f"{API}{path}/events/activity?until=2026-11-16T00:00:00Z").json()["counts"]
    assert sum(count["events"] for count in counted) == len(expected)
    places = client.get(f"{API}{path}/events/places?until=2026-11-16T00:00:00Z").json()
    PlacesDocument.model_validate(places)
    seen_in_full = sum(view == FULL for view in expected.values())
    assert sum(place["events"] for place in places["places"]) == seen_in_full


def test_an_event_that_a_viewer_sees_in_no_history_is_not_found_by_its_id(
    app: FastAPI, stored: dict[str, str]
) -> None:
    for who, viewer in VIEWERS.items():
        with asking(app, viewer) as client:
            answers = {name: client.get(f"{API}/events/{id_}") for name, id_ in stored.items()}
        found = {name for name, answer in answers.items() if answer.status_code == 200}
        assert found == {name for viewers in SEEN.values() for name in viewers.get(who, {})}
        unseen = {answer.content for answer in answers.values() if answer.status_code != 200}
        assert len(unseen) <= 1


def test_what_is_hidden_is_absent_whatever_the_path(app: FastAPI, stored: dict[str, str]) -> None:
    with asking(app, STRANGER) as client:
        (event,) = paged(client, "/projects/p1")
        assert event["additional"] == {"version": "1.0"}
        assert not {"ip", "location", "client", "network", "request_id"} & event.keys()
        assert "credential" not in event["actor"]
        (row,) = in_spreadsheet(client, "/projects/p1")
        assert "192.0.2.7" not in str(row) + str(event)
    with asking(app, OWNER) as client:
        staffs = next(event for event in paged(client, "/projects/p1") if event["id"] == stored["limit"])
        assert staffs["actor"] == {"kind": "staff"}
        assert "Root" not in client.get(f"{API}/projects/p1/events/export").text


FILTERS = [
    ("tag=account:login:failure", ["failure"]),
    ("tag=account:*&tag=organization:*", ["founded", "unknown", "failure"]),
    ("since=2026-11-15T12:05:00Z", ["founded", "limit"]),
    ("until=2026-11-15T14:01:00%2B02:00", ["failure"]),
    ("actor=s1", ["limit"]),
    ("address=192.0.2.7&tag=project:*", ["token", "release"]),
    ("address=198.51.100.0/24", []),
    ("country=de&tag=project:release:*", ["release"]),
    ("country=US", []),
    ("asn=AS64496&tag=project:release:*", ["release"]),
    ("asn=64497", []),
    ("client=firefox", []),
    ("via_service=true", []),
    ("text=CI.EXAMPLE", ["release"]),
]


def test_the_filters_reach_the_rows(app: FastAPI, stored: dict[str, str]) -> None:
    with asking(app, ADMIN) as client:
        for query, names in FILTERS:
            found = client.get(f"{API}/events?{query}").json()
            assert ids(found["events"]) == [stored[name] for name in names], query


def test_a_query_that_takes_too_long_is_ended_and_says_so(app: FastAPI, database_url: str) -> None:
    slow = app_with(database_url=database_url, views_statement_ms=1)
    with asking(slow, ADMIN) as client, recording():
        said = problem(client.get(f"{API}/events?text=needle"), 503)
    assert said == "the query took too long; ask for a shorter time range or use fewer filters"


def test_the_service_cannot_write_whatever_its_role_may(database_url: str) -> None:
    engine = reading_engine(settings(database_url=database_url))
    try:
        with pytest.raises(Exception, match="read-only transaction"), engine.begin() as connection:
            connection.execute(text("DELETE FROM events"))
    finally:
        engine.dispose()


def test_options_of_the_database_url_stay_in_force(database_url: str) -> None:
    own = f"{database_url}{'&' if '?' in database_url else '?'}options=-c%20work_mem%3D5MB"
    engine = reading_engine(settings(database_url=own))
    try:
        with engine.begin() as connection:
            assert connection.execute(text("SHOW work_mem")).scalar_one() == "5MB"
            assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on"
    finally:
        engine.dispose()


def test_it_is_ready_once_the_schema_is_there_and_alive_before(
    database_url: str, empty_database_url: str
) -> None:
    with asking(app_with(database_url=database_url)) as client:
        assert client.get("/ready").json() == {"status": "ready"}
    with asking(app_with(database_url=empty_database_url)) as client:
        assert client.get("/health").json() == {"status": "alive"}
        assert problem(client.get("/ready"), 503) == "the service is not set up yet"
    away = "postgresql+psycopg2://postgres:hunter2@127.0.0.1:1/nothing"
    with asking(app_with(database_url=away)) as client:
        assert client.get("/health").status_code == 200
        response = client.get("/ready")
        assert problem(response, 503) == "the database does not answer; nothing is wrong with your request"
        assert "hunter2" not in response.text


def test_more_requests_than_connections_wait_their_turn(
    engine: Engine, stored: dict[str, str], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trailkeeper.models.engine.POOL_SECONDS", 0.05)
    one = make_engine(database_url, application_name="test", pool_size=1)
    held = one.connect()
    with recording(), asking(app_with(engine=one), ADMIN) as client:
        problem(client.get(f"{API}/events"), 503)
        held.close()
        assert client.get(f"{API}/events").status_code == 200
    one.dispose()
