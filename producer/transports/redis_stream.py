"""The stream in Redis: one XADD per message, confirmed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from typing import TYPE_CHECKING

from trailkeeper.producer.message import fields_of

from .address import RedisAddress
from .connection import Connection, packed
from .pool import ConnectionPool
from .redis_errors import translated
from .redis_stream_async import AsyncRedisStream

if TYPE_CHECKING:
    from .redis_batches import RedisBatches

BATCH_SECONDS = 10.0


class RedisStream(AsyncRedisStream):
    """A `Transport` to a Redis Stream, for any number of threads, and processes after a fork.

    Args:
        url: of the server; see `RedisAddress`.
        key: of the stream. The first message creates it; it is never trimmed: no MAXLEN.

    Raises:
        SettingsError: the URL cannot be used.
    """

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, key, RedisAddress(url))
        self._pool = ConnectionPool(lambda deadline: Connection(self._address, deadline))

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """See `Transport.send`."""
        fields = fields_of(payload, invalid, signature)
        with translated(self._address):
            self._execute(packed(b"XADD", self._key, b"*", *chain.from_iterable(fields.items())), deadline)

    @property
    def place(self) -> str:
        """Server, database and key, without credentials."""
        return f"{self._address}/{self._address.database} {self._key.decode()}"

    @contextmanager
    def batches(self, seconds: float = BATCH_SECONDS) -> Iterator[RedisBatches]:
        """A connection for batches, closed at the end of the block.

        Args:
            seconds: time-out of a single reply.
        """
        from .redis_batches import RedisBatches  # noqa: PLC0415 - loaded only where something is spooled

        with closing(RedisBatches(self._url, self._key, self._address, seconds)) as batches:
            yield batches

    def close(self) -> None:
        """Close idle connections; those of an event loop are closed when the loop ends."""
        self._pool.clear()

    def _execute(self, command: bytes, deadline: float) -> None:
        connection = self._pool.pop()
        if connection is not None:
            try:
                return self._execute_on(connection, command, deadline)
            except OSError:
                if time.monotonic() >= deadline:
                    raise
                # closed while it was idle, as by a restarted server; the others will be, too
                self._pool.clear()
        return self._execute_on(self._pool.take(deadline), command, deadline)

    def _execute_on(self, connection: Connection, command: bytes, deadline: float) -> None:
        try:
            connection.execute(command, deadline)
        except BaseException:
            # a late reply would be taken for the next command's
            self._pool.discard(connection)
            raise
        self._pool.push(connection)
