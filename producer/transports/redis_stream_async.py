"""The stream in Redis for coroutines: the same XADD, without blocking the event loop."""

from __future__ import annotations

import asyncio
import time
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from trailkeeper.producer.message import fields_of

from .address import RedisAddress
from .redis_errors import translated

MAX_CONNECTIONS = 32
"""Per event loop: a thousand coroutines that emit at once share these instead of flooding the server."""


class AsyncRedisStream:
    """The `asend` of a Redis Stream: one client for each event loop, closed when its loop ends.

    Args:
        url: of the server.
        key: of the stream.
        address: of the server, parsed.
    """

    def __init__(self, url: str, key: str, address: RedisAddress) -> None:
        self._url = url
        self._key = key.encode()
        self._address = address
        self._clients: dict[AbstractEventLoop, tuple[Redis, AsyncGenerator[None]]] = {}

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """See `Transport.asend`."""
        fields: dict[Any, Any] = {**fields_of(payload, invalid, signature)}
        with translated(self._address):
            async with asyncio.timeout(deadline - time.monotonic()):
                client = await self._client()
                await client.xadd(self._key, fields)

    async def _client(self) -> Redis:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._forget_closed_loops()
            client = Redis.from_pool(self._pool())
            closing = _close_with_loop(client)
            self._clients[loop] = (client, closing)
            await anext(closing)
        return self._clients[loop][0]

    def _pool(self) -> BlockingConnectionPool:
        # the time-out around every call bounds each wait; retries would only use it up
        return BlockingConnectionPool.from_url(
            self._url,
            max_connections=MAX_CONNECTIONS,
            timeout=None,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=None,
        )

    def _forget_closed_loops(self) -> None:
        for loop in [loop for loop in self._clients if loop.is_closed()]:
            del self._clients[loop]


async def _close_with_loop(client: Redis) -> AsyncGenerator[None]:
    """Close the client when the loop shuts down its async generators, as `asyncio.run` does at the end."""
    try:
        yield
    finally:
        await client.aclose()
