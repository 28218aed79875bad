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
from tests.support.rows import store_in
from tests.support.served import views_settings
from trailkeeper.models.backfills.dead_letters import stream_of
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import Backfill, BackfillFile, DeadLetterRow
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
    *("/static/{version}/{name}", "/api/v1/event-types", "/pipeline", "/retention"),
    *("/backfills", "/backfills/new", "/backfills/{identity}/cancel", "/commands/{identity}"),
    *("/api/v1/backfills", "/api/v1/backfills/{id}", "/api/v1/commands/{id}"),
}
"""What shows nobody's data, or what was recorded when the admin asked for it."""

OWN = {"/me"}
"""What is the admin's own."""

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
    return {path for path in paths if path not in NOBODYS | OWN and not path.endswith(ENDLESS)}


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


def test_an_admin_who_asks_what_a_backfill_would_do_is_recorded_with_what_was_asked(
    app: FastAPI, trailkeeper_events: Recorder
) -> None:
    client = TestClient(app, headers={"Authorization": f"Bearer {mint(SETTINGS, ADMIN, 60)}"})
    wanted = {"kind": "enrich", "which": "all", "user": story.ADA.id}
    client.post("/api/v1/backfills/preview", json=wanted)
    (event,) = trailkeeper_events.events
    assert (event.tag, event.actor.kind, event.actor.id) == ("admin:backfill:preview", "staff", "boss")
    assert event.additional["filters"]["user"] == story.ADA.id
