"""The transport in production keeps its promises on either server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.embedded.redis import EmbeddedRedis
from producer.event import Event
from producer.transports import RedisStream
from tests.support.contracts.transport import TransportContract, parted
from tests.support.drains import STREAM, entries


class ServerPlace:
    """`RedisStream` to a server that can be made to hang: it accepts connections, and never answers."""

    def __init__(self, server: EmbeddedRedis) -> None:
        self._server = server
        self.transport = RedisStream(server.url, STREAM)

    def events(self) -> list[Event]:
        return parted(entries(self._server.url))[0]

    def quarantined(self) -> list[tuple[bytes, str]]:
        return parted(entries(self._server.url))[1]

    @contextmanager
    def outage(self) -> Iterator[None]:
        os.kill(self._server.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._server.pid, signal.SIGCONT)


@pytest.mark.usefixtures("either_redis_url")
class TestRedisStream(TransportContract):
    @pytest.fixture
    def place(self, either_redis_server: EmbeddedRedis) -> Iterator[ServerPlace]:
        place = ServerPlace(either_redis_server)
        yield place
        place.transport.close()
