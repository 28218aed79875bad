"""The stream on either server, and what only a real one shows."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import redis

from tests.support.contracts.stream import StreamContract
from trailkeeper.producer.redis_client import connect


class TestStream(StreamContract):
    @pytest.fixture
    def client(self, either_redis_url: str) -> Iterator[redis.Redis]:
        with connect(either_redis_url) as connected:
            yield connected

    @pytest.fixture
    def away(self) -> Iterator[redis.Redis]:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # and does not listen
            with connect(f"redis://127.0.0.1:{nobody.getsockname()[1]}/0") as client:
                yield client
