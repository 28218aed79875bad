"""A host with several addresses: one that leads nowhere costs its share of the time."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from trailkeeper.producer.transports.sockets import over_tcp


def test_an_address_that_is_silent_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        stream = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        found: list[Any] = [(*stream, ("127.0.0.2", port)), (*stream, ("127.0.0.1", port))]
        real = socket.socket.connect

        def connect(self: socket.socket, place: Any) -> None:
            if place[0] == "127.0.0.2":
                time.sleep(self.gettimeout() or 0)
                raise TimeoutError("silent")
            real(self, place)

        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        monkeypatch.setattr(socket.socket, "connect", connect, raising=False)
        over_tcp(("host", port), time.monotonic() + 0.2).close()
