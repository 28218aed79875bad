"""The live tail over a real connection: what is new, what is late, a break and going on, and free places."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from tests.support.api import API, MAINTAINER, OWNER, app_with, bearer, settings
from tests.support.rows import event_row, store
from tests.support.served import Served, served
from tests.support.waiting import until
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.testing import recording
from trailkeeper.views.viewer import Viewer

TAIL = f"{API}/projects/p1/events/tail"


@pytest.fixture
def service(engine: Engine) -> Iterator[Served]:
    with recording(), served(settings(), app_with(engine=engine)) as found:
        yield found


class Listener:
    """One open tail."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> tuple[str, dict[str, Any]]:
        """The next event, and the id to go on from; the client's time-out ends a wait in vain."""
        identity = ""
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "id":
                identity = value
            elif name == "data":
                return identity, json.loads(value)
        raise AssertionError("the stream ended")


@contextmanager
def listening(service: Served, viewer: Viewer, **headers: str) -> Iterator[Listener]:
    with httpx.stream(
        "GET", service.url + TAIL, headers=bearer(viewer) | headers, timeout=httpx.Timeout(30)
    ) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield Listener(response)


def release(moment: datetime, **columns: Any) -> dict[str, Any]:
    facts = {"scope": "project", "tag": "project:release:add", "project_id": "p1", "ip": "192.0.2.7"}
    return event_row(id=uuid7(moment), **facts | columns)


def test_what_is_stored_is_seen_at_once_by_each_as_they_may(service: Served, engine: Engine) -> None:
    with listening(service, OWNER) as owner, listening(service, MAINTAINER) as maintainer:
        hidden = release(datetime.now(UTC), tag="project:api_token:add", project_id="p1")
        seen = release(datetime.now(UTC))
        store(engine, hidden, seen)
        first, second = owner.next()[1], owner.next()[1]
        assert [first["id"], second["id"]] == [str(hidden["id"]), str(seen["id"])]
        assert second["ip"] == "192.0.2.7"
        identity, event = maintainer.next()
        assert (identity.partition("@")[0], event["id"]) == (f"project/{seen['id']}", str(seen["id"]))
        assert (event["view"], event.get("ip")) == ("redacted", None)


def test_an_event_that_is_stored_late_is_seen_and_after_a_break_nothing_is_missing_or_twice(
    service: Served, engine: Engine
) -> None:
    now = datetime.now(UTC)
    with listening(service, OWNER) as listener:
        newest, late = release(now), release(now - timedelta(hours=7))
        store(engine, newest)
        assert listener.next()[1]["id"] == str(newest["id"])
        store(engine, late)
        identity, event = listener.next()
        assert event["id"] == str(late["id"])
        assert identity.startswith(f"project/{newest['id']}@")
    while_away = release(datetime.now(UTC))
    store(engine, while_away)
    unsealed = f"project/{newest['id']}@1:2:"  # as an older version wrote it
    for known in (identity, unsealed):
        with listening(service, OWNER, **{"Last-Event-ID": known}) as listener:
            assert listener.next()[1]["id"] == str(while_away["id"])


def test_one_viewer_has_five_tails_and_who_goes_makes_place(service: Served, engine: Engine) -> None:
    store(engine, release(datetime.now(UTC)))
    opened = [httpx.Client(timeout=30, headers=bearer(OWNER)) for _ in range(5)]
    streams = [client.stream("GET", service.url + TAIL) for client in opened]
    for stream in streams:
        assert stream.__enter__().status_code == 200
    refused = httpx.get(service.url + TAIL, headers=bearer(OWNER))
    assert refused.status_code == 429
    assert refused.json()["detail"] == "you already have 5 live tails; end one of them first"
    assert refused.headers["retry-after"] == "5"
    streams[0].__exit__(None, None, None)
    opened[0].close()

    def has_place() -> bool:
        with httpx.stream("GET", service.url + TAIL, headers=bearer(OWNER), timeout=30) as response:
            return response.status_code == 200

    until(has_place, what="a place has become free")
    for client, stream in zip(opened[1:], streams[1:], strict=True):
        stream.__exit__(None, None, None)
        client.close()


@pytest.mark.parametrize("identity", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_place_to_go_on_from_that_is_none_is_told(service: Served, engine: Engine, identity: str) -> None:
    store(engine, release(datetime.now(UTC)))
    headers = bearer(OWNER) | {"Last-Event-ID": identity}
    response = httpx.get(service.url + TAIL, headers=headers)
    assert response.status_code == 422
    assert response.json()["detail"].lower().startswith("last-event-id: ")
