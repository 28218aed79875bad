"""Strangers from ten addresses do what they can to the service; who is signed in hardly notices."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import Engine, text

from tests.support.rows import event_row, store
from tests.support.served import views_settings
from tests.support.serving import serving
from tests.support.waiting import until
from trailkeeper.models.engine import transaction
from trailkeeper.views import connections
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import Viewer

ADDRESSES = [f"127.0.0.{number}" for number in range(2, 12)]
PERSON = Viewer(user_id="u1", projects={"big": "owner"})
LARGE = "x" * 8_000
EVENTS = 3_000
PAGES = 25
SLOWER = 3
FLOOR_SECONDS = 1.0
"""However quick a page is when it is quiet: other programs share the machine."""

API = "/api/v1/projects/big/events"


@pytest.fixture
def url(engine: Engine, database_url: str, redis_url: str) -> Iterator[str]:
    now = datetime.now(UTC)
    facts = {"scope": "project", "tag": "project:release:add", "project_id": "big", "actor_kind": "user"}
    rows = [
        event_row(now - timedelta(minutes=number), **facts, actor_id="u2", additional={"version": LARGE})
        for number in range(EVENTS)
    ]
    store(engine, *rows)
    store(engine, *(event_row(now - timedelta(minutes=number), user_id="u1") for number in range(200)))
    with transaction(engine) as connection:
        connection.execute(text("ANALYZE events"))
    with serving(database_url=database_url, redis_url=redis_url) as found:
        yield found


def connect(url: str, number: int, receive_bytes: int | None = None) -> socket.socket:
    """A connection from one of the addresses."""
    connection = socket.socket()
    if receive_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.bind((ADDRESSES[number % len(ADDRESSES)], 0))
    connection.settimeout(30)
    connection.connect((urlsplit(url).hostname, urlsplit(url).port))
    return connection


def ask(connection: socket.socket, path: str) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n".encode())


@contextmanager
def attack(url: str) -> Iterator[None]:
    """40 searches again and again, 4 exports and 50 tails of which nobody reads, 500 half requests."""
    over = threading.Event()
    paths = (f"{API}?text=needle", f"{API}?actor=nobody", "/projects/big?text=needle", f"{API}?limit=1000")

    def again_and_again(number: int) -> None:
        while not over.is_set():
            try:
                with connect(url, number) as connection:
                    ask(connection, paths[number % len(paths)])
                    while connection.recv(1 << 16):
                        pass
            except OSError:
                over.wait(0.05)

    threads = [threading.Thread(target=again_and_again, args=(number,), daemon=True) for number in range(40)]
    with ExitStack() as opened:
        for number in range(500):
            half = opened.enter_context(connect(url, number))
            half.sendall(b"GET /me HTTP/1.1\r\nHost: t\r\n")
        for number in range(4):
            ask(opened.enter_context(connect(url, number // 2, receive_bytes=4096)), f"{API}/export")
        for number in range(50):
            ask(opened.enter_context(connect(url, number)), f"{API}/tail")
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
    for thread in threads:
        thread.join(30)


def seconds_of_pages(client: httpx.Client) -> list[float]:
    taken = []
    for _ in range(PAGES):
        began = time.monotonic()
        page = client.get("/me")
        taken.append(time.monotonic() - began)
        assert page.status_code == 200
        assert "My security history" in page.text
    return taken


def test_under_attack_a_persons_page_is_never_refused_and_at_most_thrice_as_slow(url: str) -> None:
    headers = {"Authorization": f"Bearer {mint(views_settings(), PERSON, 3600)}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        seconds_of_pages(client)
        quiet = statistics.median(seconds_of_pages(client))
        with attack(url):
            attacked = statistics.median(seconds_of_pages(client))
            for number in range(3):  # each by a connection of its own
                assert httpx.get(url + "/me", headers=headers, timeout=30).status_code == 200, number
            tail = f"{API}/tail"
            with httpx.stream("GET", url + tail, headers=headers, timeout=30) as following:
                assert following.status_code == 200
            with httpx.stream("GET", f"{url}{API}/export", headers=headers, timeout=30) as file:
                assert file.status_code == 200
                assert sum(1 for _ in file.iter_lines()) == EVENTS
        print(f"quiet {quiet:.3f} s, attacked {attacked:.3f} s")  # noqa: T201 - shown if it fails
        assert attacked < max(SLOWER * quiet, FLOOR_SECONDS)


def closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1 << 16) == b""
    except ConnectionError:
        return True


def test_more_half_requests_than_are_kept_make_room_for_new_ones(url: str) -> None:
    with ExitStack() as opened:
        halves = [
            opened.enter_context(connect(url, number)) for number in range(connections.MOST_WAITING + 50)
        ]
        for half in halves:
            half.sendall(b"GET /health HTTP/1.1\r\n")
        until(lambda: closed(halves[0]), what="the oldest one is closed")
        halves[-1].sendall(b"Host: t\r\n\r\n")
        assert halves[-1].recv(1 << 16).startswith(b"HTTP/1.1 200")
        assert httpx.get(f"{url}/health", timeout=30).status_code == 200
