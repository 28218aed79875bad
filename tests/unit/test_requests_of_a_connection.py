"""Requests one after another on a connection of a real server: each is somebody else's."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from tests.support.waiting import until
from trailkeeper import Actor, aemit, set_actor
from trailkeeper.integrations.fastapi import UserMiddleware
from trailkeeper.producer.event import ANONYMOUS
from trailkeeper.producer.frames import Frame, running
from trailkeeper.producer.middleware.asgi import ASGIMiddleware
from trailkeeper.producer.testing import Recorder, recording

TAG = "account:password:change"
ADA = "192.0.2.1"
EVE = "192.0.2.2"
LARGE = b"x" * 400_000  # the server stops reading at 64 KiB, until the application asks for more
REQUESTS = 600
"""More than Python recurses into."""

frames: list[Frame | None] = []


async def act(request: Request) -> PlainTextResponse:
    """As the user of the query, if there is one; what is emitted after the response is that one's too."""
    await request.body()
    if user := request.query_params.get("user"):
        set_actor(Actor("user", user))
    frames.append(running())
    await aemit(TAG)
    return PlainTextResponse("ok", background=BackgroundTask(aemit, TAG) if user else None)


def within(*middleware: Any) -> Starlette:
    """An application with one route below the middleware and one beside it."""
    acting = Route("/", act, methods=["POST"])
    below = Starlette(routes=[acting], middleware=[Middleware(*middleware, trusted_proxies=["127.0.0.1"])])
    return Starlette(routes=[Route("/beside", act, methods=["POST"]), Mount("/below", below)])


APPLICATIONS = {
    "the middleware": within(ASGIMiddleware),
    "an integration": within(UserMiddleware, lambda request: request.headers.get("X-User")),
}


@pytest.fixture(params=APPLICATIONS)
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    frames.clear()
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(APPLICATIONS[request.param], log_level="error"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    until(lambda: server.started, seconds=20, what="the server listens")
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


Sent = tuple[str, str, bytes]
"""Path, address and body."""


def one_after_another(port: int, requests: list[Sent]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for path, address, body in requests:
        connection.request("POST", path, body, headers={"X-Forwarded-For": address})
        assert connection.getresponse().read() == b"ok"
    connection.close()


def all_at_once(port: int, requests: list[Sent]) -> None:
    lines = "POST {} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {}\r\nContent-Length: {}\r\n\r\n"
    raw = [lines.format(path, address, len(body)).encode() + body for path, address, body in requests]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        sender = threading.Thread(target=connection.sendall, args=(b"".join(raw),))
        sender.start()
        answers = b""
        while answers.count(b"\r\n\r\nok") < len(requests):
            read = connection.recv(65536)
            assert read
            answers += read
        sender.join(20)


@pytest.fixture(params=[one_after_another, all_at_once])
def send(request: pytest.FixtureRequest) -> Callable[[int, list[Sent]], None]:
    return request.param  # type: ignore[no-any-return]


def test_the_next_person_of_a_connection_is_not_the_one_before(
    port: int, recorder: Recorder, send: Callable[[int, list[Sent]], None]
) -> None:
    send(port, [("/below/?user=ada", ADA, LARGE), ("/below/", EVE, b""), ("/below/?user=eve", EVE, b"")])
    until(lambda: len(recorder.events) == 5, seconds=20, what="five events were emitted")
    found = {(event.actor, event.ip, event.requested_by) for event in recorder.events}
    expected = {(Actor("user", "ada"), ADA), (ANONYMOUS, EVE), (Actor("user", "eve"), EVE)}
    assert {(actor, address) for actor, address, _ in found} == expected
    assert len(found) == 3


def test_what_a_server_runs_beside_the_middleware_belongs_to_no_request_before(
    port: int, recorder: Recorder, send: Callable[[int, list[Sent]], None]
) -> None:
    send(port, [("/below/?user=ada", ADA, LARGE), ("/beside", EVE, b"")])
    until(lambda: len(recorder.events) == 3, seconds=20, what="three events were emitted")
    assert [event.actor for event in recorder.events if event.ip is None] == [ANONYMOUS]
    assert frames[1] is None


def test_however_many_requests_a_connection_has_each_event_is_recorded_and_no_frame_is_kept(
    port: int, recorder: Recorder
) -> None:
    all_at_once(port, [("/below/", EVE, b"")] * REQUESTS)
    assert len(recorder.events) == REQUESTS
    assert {frame and frame._outer for frame in frames} == {None}
