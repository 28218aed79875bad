"""The transport in production keeps its promises on either server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.contracts.transport import StreamContract, StreamPlace, TransportContract
from trailkeeper.cli.embedded.redis import EmbeddedRedis


class ServerPlace(StreamPlace):
    """A server that can be made to hang: it accepts connections, and never answers."""

    def __init__(self, server: EmbeddedRedis) -> None:
        super().__init__(server.url)
        self._server = server

    @contextmanager
    def outage(self) -> Iterator[None]:
        os.kill(self._server.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._server.pid, signal.SIGCONT)


@pytest.mark.usefixtures("either_redis_url")
class TestRedisStream(StreamContract, TransportContract):
    @pytest.fixture
    def place(self, either_redis_server: EmbeddedRedis) -> Iterator[ServerPlace]:
        place = ServerPlace(either_redis_server)
        yield place
        place.transport.close()
