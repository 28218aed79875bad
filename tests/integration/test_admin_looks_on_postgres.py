"""No page and no address of the API shows an admin others' data without a record of the look."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

from tests.support import story
from tests.support.rows import event_row, store, store_in
from tests.support.served import views_settings
from trailkeeper.models.backfills.dead_letters import stream_of
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import AdminCommandRow, Backfill, BackfillFile, DeadLetterRow
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.testing import Recorder
from trailkeeper.views.app import create_app
from trailkeeper.views.pages.router import PAGES
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import Viewer

SETTINGS = views_settings(redis_url="redis://127.0.0.1:1/0")
ADMIN = Viewer(
    user_id="boss",
    staff=True,
    projects={story.TIDEWATER.id: "owner"},
    organizations={story.LABS.id: "maintainer"},
)
NOBODYS = {
    *("/", "/health", "/ready", "/metrics", "/openapi.json", "/session", "/sign-in"),
    *("/static/{version}/{name}", "/api/v1/event-types", "/pipeline"),
    *("/backfills", "/backfills/new", "/backfills/{identity}/cancel", "/commands/{identity}"),
    *("/api/v1/backfills", "/api/v1/backfills/{id}", "/api/v1/commands/{id}"),
}
"""What shows nobody's data, or what was recorded when an admin asked for it: a backfill may name its user."""

ENDLESS = ("/tail", "/live")
"""What sends events until the client goes; `record_view` is called as for pages."""


@pytest.fixture
def app(engine: Engine, trailkeeper_events: Recorder) -> FastAPI:
    story.tell(engine, datetime.now(UTC))
    return create_app(SETTINGS, engine=engine)


def _paths(app: FastAPI) -> set[str]:
    documented = {path for path, methods in app.openapi()["paths"].items() if "get" in methods}
    routes = [route for module in PAGES for route in module.router.routes if isinstance(route, APIRoute)]
    paths = documented | {route.path for route in routes if "GET" in (route.methods or ())}
    return {path for path in paths if path not in NOBODYS and not path.endswith(ENDLESS)}


def test_every_page_and_address_that_shows_an_admin_others_data_is_recorded(
    app: FastAPI, engine: Engine, trailkeeper_events: Recorder
) -> None:
    digest = bytes(32)
    about = {"stream": stream_of(digest), "stream_id": "1", "digest": digest[:16], "reason": "not_json"}
    letter = store_in(engine, DeadLetterRow, **about, detail="x", deliveries=1, raw=b"x")
    backfill = store_in(
        engine, Backfill, kind="import", filters={}, requested_by="boss", state="finished", rejected=1
    )
    with transaction(engine) as connection:
        connection.execute(insert(BackfillFile).values(backfill_id=backfill, name="x", digest=digest))
    client = TestClient(app, headers={"Authorization": f"Bearer {mint(SETTINGS, ADMIN, 60)}"})
    event = str(uuid7(datetime.now(UTC)))
    ids = {
        "/projects/": story.TIDEWATER.id,
        "/organizations/": story.LABS.id,
        "/users/": story.ADA.id,
        "/dead-letters/": str(letter),
        "/backfills/": str(backfill),
    }
    silent = []
    assert {"/projects/{identity:id}", "/api/v1/users/{id}/events/activity"} < _paths(app)
    for path in _paths(app):
        identity = next((value for part, value in ids.items() if part in path), event)
        address = re.sub(r"\{id(entity)?(:\w+)?\}", identity, path).replace("{scope}", "user")
        assert "{" not in address, path
        trailkeeper_events.clear()
        client.get(address, params={"what": "discard", "ids": [str(letter)]} if "confirm" in path else {})
        if not any(found.tag.startswith("admin:") for found in trailkeeper_events.events):
            silent.append(path)
    assert silent == []


@pytest.mark.parametrize(
    "path",
    [
        *("/me", "/users/boss", "/api/v1/users/boss/events", "/api/v1/users/boss/events/places"),
        *("/api/v1/users/boss/events/activity", "/api/v1/users/boss/events/export"),
    ],
)
def test_an_admins_own_history_is_no_way_to_others_addresses_without_a_record(
    app: FastAPI, engine: Engine, trailkeeper_events: Recorder, path: str
) -> None:
    of_carol = {"actor_kind": "user", "actor_id": "carol", "ip": "198.51.100.77"}
    store(engine, event_row(datetime.now(UTC), tag="project:role:add", user_id="boss", **of_carol))
    shown = {}
    for staff in (True, False):
        trailkeeper_events.clear()
        token = mint(SETTINGS, Viewer(user_id="boss", staff=staff), 60)
        answer = TestClient(app, headers={"Authorization": f"Bearer {token}"}).get(path)
        recorded = any(event.tag.startswith("admin:history:") for event in trailkeeper_events.events)
        shown[staff] = ("198.51.100.77" in answer.text, recorded)
    assert shown[True][1]
    assert not shown[False][0]


def test_a_look_at_a_preview_that_another_admin_asked_for_is_recorded(
    app: FastAPI, engine: Engine, trailkeeper_events: Recorder
) -> None:
    identity = uuid7(datetime.now(UTC))
    filters = {"which": "all", "user": story.ADA.id}
    columns = {"action": "preview_enrich", "requested_by": "boss", "arguments": {"filters": filters}}
    with transaction(engine) as connection:
        done = {"finished_at": datetime.now(UTC), "outcome": {"refused": "x", "why": "nothing"}}
        connection.execute(insert(AdminCommandRow).values(id=identity, **columns, **done))
    for viewer, expected in (
        (ADMIN, []),
        (Viewer(user_id="other", staff=True), ["admin:backfill:preview"] * 2),
    ):
        trailkeeper_events.clear()
        client = TestClient(app, headers={"Authorization": f"Bearer {mint(SETTINGS, viewer, 60)}"})
        for path in ("/commands", "/api/v1/commands"):
            assert client.get(f"{path}/{identity}").status_code == 200
        assert [event.tag for event in trailkeeper_events.events] == expected


def test_an_admin_who_asks_what_a_backfill_would_do_is_recorded_with_what_was_asked(
    app: FastAPI, trailkeeper_events: Recorder
) -> None:
    client = TestClient(app, headers={"Authorization": f"Bearer {mint(SETTINGS, ADMIN, 60)}"})
    wanted = {"kind": "enrich", "which": "all", "user": story.ADA.id}
    client.post("/api/v1/backfills/preview", json=wanted)
    (event,) = trailkeeper_events.events
    assert (event.tag, event.actor.kind, event.actor.id) == ("admin:backfill:preview", "staff", "boss")
    assert event.additional["filters"]["user"] == story.ADA.id
