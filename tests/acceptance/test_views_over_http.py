"""Histories as `trailkeeper up` serves them: tokens, what each viewer sees, bad input, and a clean end."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import redis

from tests.support.drains import an_event, put
from tests.support.up import Up, processes_of
from tests.support.waiting import until
from trailkeeper.cli.embedded.secret import token_secret
from trailkeeper.producer.event import Actor, Credential, Event, Subject
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import Viewer

API = "/api/v1"
PROJECT = "/projects/p-204"
OWNER = Viewer(user_id="u-1017", projects={"p-204": "owner"})
MAINTAINER = Viewer(user_id="u-1102", projects={"p-204": "maintainer"})
STRANGER = Viewer(user_id="u-9999")
ADMIN = Viewer(user_id="u-1", staff=True)


class Service:
    """A running stack, asked over its own address."""

    def __init__(self, up: Up) -> None:
        self.up = up
        self.addresses = up.addresses()
        self.url: str = self.addresses["views_url"]
        self._settings = ViewsSettings(token_secret=token_secret(up.home))

    def token(self, viewer: Viewer) -> str:
        return mint(self._settings, viewer, 600)

    def get(self, path: str, viewer: Viewer | None = None, **headers: str) -> httpx.Response:
        said = {} if viewer is None else {"Authorization": f"Bearer {self.token(viewer)}"}
        return httpx.get(self.url + path, headers=said | headers, timeout=30)

    def post(self, path: str, viewer: Viewer, body: dict[str, Any]) -> httpx.Response:
        said = {"Authorization": f"Bearer {self.token(viewer)}"}
        return httpx.post(self.url + path, headers=said, json=body, timeout=30)

    def emit(self, *events: Event) -> None:
        with redis.Redis.from_url(self.addresses["redis_url"]) as client:
            put(client, *events)


def release(version: str) -> Event:
    token = Credential("api_token", "t-1", "releases")
    return an_event(
        tag="project:release:add",
        project=Subject("p-204", "tidewater"),
        actor=Actor("user", "u-1017", "ada", token),
        ip="81.2.69.142",
        user_agent="twine/6.1.0 CPython/3.13.0",
        additional={"version": version, "publisher_url": "https://ci.example/7"},
    )


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    folder = Path(tempfile.mkdtemp(prefix="tk-"))
    with Up(folder / "home", "--json") as up:
        yield Service(up)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def stored(service: Service) -> Event:
    """A release that went through the whole pipeline."""
    event = release("1.0")
    service.emit(event)
    until(lambda: service.get(f"{API}/events/{event.id}", ADMIN).status_code == 200, what="it is stored")
    return event


def test_an_emitted_event_is_seen_by_each_viewer_as_the_catalogue_says(
    service: Service, stored: Event
) -> None:
    def seen(viewer: Viewer | None) -> dict[str, Any]:
        (event,) = service.get(f"{API}{PROJECT}/events?tag=project:release:add", viewer).json()["events"]
        assert service.get(f"{API}/events/{stored.id}", viewer).json() == event
        lines = service.get(f"{API}{PROJECT}/events/export?tag=project:release:add", viewer).text
        assert json.loads(lines) == event
        found: dict[str, Any] = event
        return found

    for viewer in (OWNER, ADMIN):
        event = seen(viewer)
        assert (event["view"], event["ip"]) == ("full", "81.2.69.142")
        assert event["location"]["country_code"] == "GB"
        assert event["client"]["display"] == "twine (CPython)"
        assert event["actor"]["credential"]["label"] == "releases"
        assert event["additional"]["publisher_url"] == "https://ci.example/7"
        assert event["sentence"] == "ada released 1.0 of tidewater"
    for other in (MAINTAINER, STRANGER, None):
        event = seen(other)
        assert event["view"] == "redacted"
        assert not {"ip", "location", "client", "network", "request_id"} & event.keys()
        assert event["additional"] == {"version": "1.0"}


def test_a_live_tail_sees_what_is_emitted_after_it_began(service: Service, stored: Event) -> None:
    headers = {"Authorization": f"Bearer {service.token(OWNER)}"}
    address = f"{service.url}{API}{PROJECT}/events/tail"
    with httpx.stream("GET", address, headers=headers, timeout=30) as response:
        lines = response.iter_lines()
        assert next(lines) == "retry: 2000"
        event = release("1.1")
        service.emit(event)
        data = next(line for line in lines if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: "))["id"] == str(event.id)


def test_a_browser_exchanges_its_token_once(service: Service, stored: Event) -> None:
    with httpx.Client(base_url=service.url) as browser:
        assert browser.post("/session", json={"token": service.token(ADMIN)}).status_code == 204
        assert browser.get(f"{API}/events").status_code == 200
        assert browser.delete("/session").status_code == 204
        assert browser.get(f"{API}/events").status_code == 404


def test_a_worker_carries_out_what_an_admin_orders_though_the_views_may_only_read(
    service: Service, stored: Event
) -> None:
    asked = {"kind": "enrich", "which": "all", "project": "p-204"}
    seen = service.post(f"{API}/backfills/preview", ADMIN, asked).json()
    begun = service.post(f"{API}/backfills", ADMIN, asked).json()

    def order(placed: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = service.get(placed["links"]["self"], ADMIN).json()
        return found if found["state"] != "waiting" else {}

    preview = until(lambda: order(seen), what="it was looked at")["preview"]
    assert preview["changed"] >= 1
    backfill = until(lambda: order(begun), what="it was started")["links"]["backfill"]

    def finished() -> dict[str, Any]:
        found: dict[str, Any] = service.get(backfill, ADMIN).json()
        return found if found["state"] == "finished" else {}

    ended = until(finished, what="it has ended")
    assert (ended["requested_by"], ended["seen"]) == ("u-1", preview["seen"])


def test_what_an_admin_looks_at_is_recorded_with_address_and_client(service: Service, stored: Event) -> None:
    service.get(f"{API}/users/u-77/events", ADMIN, **{"User-Agent": "curl/8.5.0"})

    def recorded() -> list[dict[str, Any]]:
        events = service.get(f"{API}/events?tag=admin:history:view", ADMIN).json()["events"]
        return [event for event in events if event["additional"].get("id") == "u-77"]

    event = until(recorded, what="the look is stored")[-1]
    assert event["actor"]["id"] == "u-1"
    assert event["ip"] == "127.0.0.1"
    assert event["client"]["display"].startswith("curl")


def test_the_pages_are_there_and_the_numbers_are_for_those_who_may(service: Service, stored: Event) -> None:
    assert service.get(PROJECT, Accept="text/html").headers["content-type"] == "text/html; charset=utf-8"
    assert service.get("/ready").json() == {"status": "ready"}
    assert service.get("/metrics").status_code == 401
    assert "trailkeeper_stored_total" in service.get("/metrics", ADMIN).text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{API}/events?text={'a' * 50_000}", 414),
        (f"{API}{PROJECT}/events?cursor=forged", 422),
        (f"{API}{PROJECT}/events?address=everywhere", 422),
        (f"{API}{PROJECT}/events?until=0.5", 422),
        (f"{API}{PROJECT}/events/places?until=1970-01-02T00:00:00Z", 200),
        (f"{API}/users/u-1017/events", 404),
        (f"{API}/projects/nobody-knows/events", 404),
        (f"{API}/events/01934c1f-7b40-7c51-9d3a-2f6b8e0c4d11", 404),
        (f"{API}/%00", 404),
        ("/%2e%2e/%2e%2e/etc/passwd", 404),
    ],
)  # fmt: skip
def test_bad_input_gets_a_plain_reason_and_never_an_error_of_ours(
    service: Service, stored: Event, path: str, status: int
) -> None:
    response = service.get(path, STRANGER)
    assert response.status_code == status
    if status != 200:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"]


def test_a_query_of_a_megabyte_gets_an_answer_too(service: Service) -> None:
    place = urlsplit(service.url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as raw:
        raw.sendall(
            b"GET /api/v1/events?text="
            + b"a" * 1_000_000
            + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 414 ")
    assert b"application/problem+json" in answer
    assert b"the address is longer than 8,192 bytes" in answer


def test_a_stop_cuts_off_who_listens_and_leaves_no_process() -> None:
    folder = Path(tempfile.mkdtemp(prefix="tk-"))
    with Up(folder / "home", "--json") as up:
        running = Service(up)
        headers = {"Authorization": f"Bearer {running.token(ADMIN)}"}
        with httpx.stream("GET", f"{running.url}{API}/events/tail", headers=headers, timeout=60) as tail:
            lines = tail.iter_lines()
            next(lines)
            code, said = up.end(signal.SIGTERM)
        assert code == 0
        assert "Traceback" not in said
        assert processes_of(up.home) == {}
    shutil.rmtree(folder)
