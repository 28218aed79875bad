"""Histories are read from a replica, which says how old it is; what operators see is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.support.api import ADMIN, USER, asking, bearer
from tests.support.api import settings as views_settings
from tests.support.replicas import ReplicatedPostgres, replicated
from tests.support.retained import NOW, stored
from tests.support.waiting import until
from trailkeeper.models.engine import temporary_engine
from trailkeeper.models.migrate import upgrade
from trailkeeper.views.app import create_app
from trailkeeper.views.replica_age import FRESH_SECONDS, HEADER

ANN = "/api/v1/users/u1/events"


@pytest.fixture
def servers(services_folder: Path) -> Iterator[ReplicatedPostgres]:
    with replicated(Path(mkdtemp(prefix="read_elsewhere", dir=services_folder))) as found:
        upgrade(found.url)
        yield found


def test_histories_come_from_the_replica_and_say_of_when_they_are(servers: ReplicatedPostgres) -> None:
    settings = views_settings(database_url=servers.url, read_database_url=servers.replica_url)
    with (
        temporary_engine(servers.url, application_name="test") as engine,
        asking(create_app(settings), ADMIN) as client,
    ):
        stored(engine, NOW, user_id="u1", user_name="ann")
        answer = until(lambda: client.get(ANN) if client.get(ANN).json().get("events") else None)
        servers.hold_back()
        stored(engine, NOW, user_id="u1", user_name="ann")
        old = client.get(ANN)
        assert len(old.json()["events"]) == 1
        assert datetime.fromisoformat(answer.headers[HEADER]) <= datetime.fromisoformat(old.headers[HEADER])
        page = client.get("/users/u1", headers={"Accept": "text/html"})
        assert "this shows what was stored by" in page.text
        assert HEADER in client.get(f"{ANN}/export").headers
        assert client.get("/api/v1/backfills").status_code == 200

        servers.catch_up()
        until(lambda: len(client.get(ANN).json()["events"]) == 2, what="the second is there")
        until(
            lambda: client.get(ANN).headers[HEADER] > old.headers[HEADER],
            FRESH_SECONDS + 60,
            "the time has moved on",
        )


def test_only_staff_are_told_more_than_the_minute_in_which_something_was_stored(
    servers: ReplicatedPostgres,
) -> None:
    """Or everybody could tell when something is stored that only others may see."""
    settings = views_settings(database_url=servers.url, read_database_url=servers.replica_url)
    with (
        temporary_engine(servers.url, application_name="test") as engine,
        asking(create_app(settings), ADMIN) as client,
    ):
        identity = stored(engine, NOW, user_id="u1", user_name="ann")
        found = until(lambda: client.get(ANN) if client.get(ANN).json().get("events") else None)
        exact = found.headers[HEADER]

        paths = (ANN, f"{ANN}/activity", f"{ANN}/places", f"{ANN}/export", f"/api/v1/events/user/{identity}")
        told = [client.get(path, headers=bearer(USER)).headers[HEADER] for path in paths]

        assert [moment[16:] for moment in told] == [":00.000+00:00"] * len(paths)
        assert min(told) >= exact[:16]
        assert min(client.get(path).headers[HEADER] for path in paths) >= exact > f"{exact[:16]}:00.000"
        html = {"Accept": "text/html"}
        for path in ("/users/u1", f"/events/user/{identity}"):
            page = client.get(path, headers=bearer(USER) | html).text
            [shown] = re.findall(r'what was stored by <time datetime="([^"]+)"', page)
            assert shown.endswith(":00.000000Z")


def test_what_is_read_where_it_is_written_is_of_now(database_url: str) -> None:
    settings = views_settings(database_url=database_url)
    with asking(create_app(settings), ADMIN) as client:
        assert HEADER not in client.get("/api/v1/events").headers
        assert "this shows what was stored by" not in client.get("/", headers={"Accept": "text/html"}).text
