"""The transports that need no server keep what the one in production promises."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from fakeredis import TcpFakeServer

from tests.support.contracts.transport import StreamContract, StreamPlace, TransportContract
from trailkeeper.producer.event import Event
from trailkeeper.producer.testing import Recorder


class RecorderPlace:
    def __init__(self) -> None:
        self.transport = Recorder()

    def events(self) -> list[Event]:
        return self.transport.events

    def quarantined(self) -> list[tuple[bytes, str]]:
        return [(kept.payload, kept.problem) for kept in self.transport.invalid]

    def outage(self) -> AbstractContextManager[object]:
        return self.transport.down()


class TestRecorder(TransportContract):
    @pytest.fixture
    def place(self) -> RecorderPlace:
        return RecorderPlace()


class FakeServer(TcpFakeServer):
    """fakeredis behind a socket, with room for as many that connect at once as a real server has."""

    request_queue_size = 511


class FakePlace(StreamPlace):
    def __init__(self, server: FakeServer) -> None:
        super().__init__(f"redis://127.0.0.1:{server.server_address[1]}/0")
        self._server = server

    @contextmanager
    def outage(self) -> Iterator[None]:
        self._server.fake_server.connected = False
        yield
        self._server.fake_server.connected = True


class TestRedisStreamOnFakeredis(StreamContract, TransportContract):
    @pytest.fixture
    def place(self) -> Iterator[FakePlace]:
        with FakeServer(("127.0.0.1", 0)) as server:
            serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            serving.start()
            place = FakePlace(server)
            yield place
            place.transport.close()
            server.shutdown()
            serving.join()
