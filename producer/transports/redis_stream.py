"""The stream in Redis: one XADD a message, confirmed."""

from __future__ import annotations

import time

from .address import RedisAddress
from .connection import Connection, packed
from .idle import Idle
from .redis_errors import translated
from .redis_stream_async import AsyncRedisStream


class RedisStream:
    """A `Transport` to a Redis Stream, for any number of threads, and of processes after a fork.

    Args:
        url: of the server; see `RedisAddress`.
        key: of the stream. It is made by the first message, and never cut: no MAXLEN.

    Raises:
        SettingsError: the URL cannot be used.
    """

    def __init__(self, url: str, key: str) -> None:
        self._address = RedisAddress(url)
        self._key = key.encode()
        self._idle = Idle()
        self._async = AsyncRedisStream(url, key, self._address)

    def send(self, payload: bytes, invalid: bytes | None, deadline: float) -> None:
        """See `Transport.send`."""
        fields = (b"e", payload) if invalid is None else (b"e", payload, b"invalid", invalid)
        with translated(self._address):
            self._ask(packed(b"XADD", self._key, b"*", *fields), deadline)

    async def asend(self, payload: bytes, invalid: bytes | None, deadline: float) -> None:
        """See `Transport.asend`."""
        await self._async.asend(payload, invalid, deadline)

    def close(self) -> None:
        """Close what is idle; connections of event loops are closed when their loop ends."""
        self._idle.clear()

    def _ask(self, command: bytes, deadline: float) -> None:
        connection = self._idle.take()
        if connection is None:
            self._ask_on(Connection(self._address, deadline), command, deadline)
            return
        try:
            self._ask_on(connection, command, deadline)
        except OSError:
            if time.monotonic() >= deadline:
                raise
            # closed while it was idle, as a restarted server's are; its neighbours will be too
            self._idle.clear()
            self._ask_on(Connection(self._address, deadline), command, deadline)

    def _ask_on(self, connection: Connection, command: bytes, deadline: float) -> None:
        try:
            connection.ask(command, deadline)
        except BaseException:
            # a reply may still be on its way, and would be taken for the next command's
            connection.close()
            raise
        self._idle.give(connection)
