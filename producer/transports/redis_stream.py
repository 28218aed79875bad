"""The stream in Redis: one XADD a message, confirmed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

from trailkeeper.producer.message import fields_of

from .address import RedisAddress
from .connection import Connection, packed
from .idle import Idle
from .redis_errors import translated
from .redis_stream_async import AsyncRedisStream

if TYPE_CHECKING:
    from .redis_many import Many

MANY_SECONDS = 10.0


class RedisStream:
    """A `Transport` to a Redis Stream, for any number of threads, and of processes after a fork.

    Args:
        url: of the server; see `RedisAddress`.
        key: of the stream. It is made by the first message, and never cut: no MAXLEN.

    Raises:
        SettingsError: the URL cannot be used.
    """

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._address = RedisAddress(url)
        self._key = key.encode()
        self._idle = Idle()
        self._async = AsyncRedisStream(url, key, self._address)

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """See `Transport.send`."""
        fields = fields_of(payload, invalid, signature)
        with translated(self._address):
            self._ask(packed(b"XADD", self._key, b"*", *chain.from_iterable(fields.items())), deadline)

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """See `Transport.asend`."""
        await self._async.asend(payload, invalid, deadline, signature)

    @property
    def place(self) -> str:
        """Which stream it is, on which server, as the URL says it, without credentials."""
        return f"{self._address}/{self._address.database} {self._key.decode()}"

    @contextmanager
    def many(self, seconds: float = MANY_SECONDS) -> Iterator[Many]:
        """A connection for batches, closed at the end of the block.

        Args:
            seconds: the longest that a single reply may take.
        """
        from .redis_many import Many  # noqa: PLC0415 - who never spools does not pay for it

        found = Many(self._url, self._key, self._address, seconds)
        try:
            yield found
        finally:
            found.close()

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
