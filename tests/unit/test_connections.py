"""A connection that only costs time is dropped: half a request, or an answer that nobody reads."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.served import Served, served, views_settings
from tests.support.waiting import until
from trailkeeper.views import connections
from trailkeeper.views.connections import ImpatientProtocol

WHOLE = b"GET / HTTP/1.1\r\nHost: t\r\n\r\n"
PART = b"x" * (1 << 20)


class Answers:
    """Reads the body, and answers with as many mebibytes as the path says."""

    def __init__(self) -> None:
        self.ended = threading.Semaphore(0)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"connection", b"keep-alive")]}
        )
        for _ in range(int(scope["path"].strip("/") or 0)):
            await send({"type": "http.response.body", "body": PART, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        self.ended.release()


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, answers: Answers) -> Iterator[Served]:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    monkeypatch.setattr(connections, "WRITE_SECONDS", 0.5)
    monkeypatch.setattr(ImpatientProtocol, "waiting", type(ImpatientProtocol.waiting)())
    with served(views_settings(), answers, http=ImpatientProtocol, timeout_keep_alive=60) as found:
        yield found


def connect(service: Served, receive_bytes: int | None = 4096) -> socket.socket:
    connection = socket.socket()
    if receive_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.settimeout(20)
    connection.connect((urlsplit(service.url).hostname, urlsplit(service.url).port))
    return connection


def rest_of(connection: socket.socket) -> bytes:
    """Everything until the server closes it."""
    read = b""
    try:
        while part := connection.recv(1 << 16):
            read += part
    except ConnectionError:
        pass
    return read


@pytest.mark.parametrize(
    "half",
    [b"", b"G", WHOLE[:-2], b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n123"],
    ids=["nothing", "a letter", "half a head", "half a body"],
)
def test_whoever_does_not_finish_a_request_is_dropped(service: Served, half: bytes) -> None:
    with connect(service) as connection:
        connection.sendall(half)
        assert b" 200 " not in rest_of(connection)
    until(lambda: not ImpatientProtocol.waiting, what="it is forgotten")


def test_single_letters_do_not_make_it_longer(service: Served) -> None:
    with connect(service) as connection:
        stopped = threading.Event()

        def drip() -> None:
            for letter in b"GET /" + b"x" * 4000:
                if stopped.wait(0.05):
                    return
                try:
                    connection.send(bytes([letter]))
                except OSError:
                    return

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        assert rest_of(connection) == b""
        stopped.set()
        dripping.join(5)


def test_an_answer_that_nobody_reads_is_given_up(service: Served, answers: Answers) -> None:
    with connect(service) as connection:
        connection.sendall(WHOLE.replace(b"/ ", b"/200 ", 1))
        assert answers.ended.acquire(timeout=20), "the application is told, and goes on"
        assert len(rest_of(connection)) < 200 * len(PART)


def test_whoever_reads_gets_all_of_it_and_may_ask_again(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 60)
    monkeypatch.setattr(connections, "WRITE_SECONDS", 60)
    with connect(service, receive_bytes=None) as connection:
        for _ in range(2):
            connection.sendall(WHOLE.replace(b"/ ", b"/3 ", 1))
            read = b""
            while not read.endswith(b"0\r\n\r\n"):
                part = connection.recv(1 << 20)
                assert part, "it was closed too early"
                read += part
            assert read.count(b"x") == 3 * len(PART)


def test_too_many_that_wait_make_room_for_the_newest(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 60)
    monkeypatch.setattr(connections, "MOST_WAITING", 3)
    opened = [connect(service) for _ in range(6)]
    for number, connection in enumerate(opened):
        with connection:
            if number < 3:
                assert rest_of(connection) == b""
            else:
                connection.sendall(WHOLE)
                assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
