"""The stream in Redis: an XADD for each message, confirmed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from trailkeeper.producer.message import fields_of

from .address import RedisAddress
from .connection import Connection
from .pool import ConnectionPool
from .redis_errors import FAILURES, Attempts
from .redis_stream_async import AsyncRedisStream
from .resp import confirmed
from .shared_wait import wait_command


class RedisStream(AsyncRedisStream):
    """A `Transport` to a Redis Stream, for any number of threads, and processes after a fork.

    Args:
        url: of the server; see `RedisAddress`.
        key: of the stream. The first message creates it; it is never trimmed: no MAXLEN.
        replicas: how many servers besides have to have a message before it counts as taken.

    Raises:
        SettingsError: the URL cannot be used.
    """

    def __init__(self, url: str, key: str, replicas: int = 0) -> None:
        super().__init__(key, RedisAddress(url), replicas)
        self._pool = ConnectionPool(lambda deadline: Connection(self._address, deadline))

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """See `Transport.send`."""
        self.send_all([fields_of(payload, invalid, signature)], deadline)

    def send_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        """See `Transport.send_all`."""
        with Attempts(self._address) as attempts:
            commands = self._added(entries)
            if self._replicas:
                commands += wait_command(self._replicas, deadline)
            return self._execute(commands, deadline, self._replies_to(entries), attempts)

    @property
    def place(self) -> str:
        """Server, database and key, without credentials."""
        return f"{self._address}/{self._address.database} {self._key.decode()}"

    def close(self) -> None:
        """Close idle connections; those of an event loop are closed when the loop ends."""
        self._pool.clear()

    def _execute(self, commands: bytes, deadline: float, count: int, attempts: Attempts) -> int:
        while True:
            try:
                return self._execute_once(commands, deadline, count, attempts)
            except FAILURES as error:
                if (pause := self._pause_after(error, deadline)) is None:
                    raise
            self._pool.clear()
            time.sleep(pause)

    def _execute_once(self, commands: bytes, deadline: float, count: int, attempts: Attempts) -> int:
        connection = self._pool.pop()
        if connection is not None:
            try:
                return self._execute_on(connection, commands, deadline, count, attempts)
            except OSError:
                if time.monotonic() >= deadline:
                    raise
                # closed while it was idle, as by a restarted server; the others will be, too
                self._pool.clear()
        return self._execute_on(self._pool.take(deadline), commands, deadline, count, attempts)

    def _execute_on(
        self, connection: Connection, commands: bytes, deadline: float, count: int, attempts: Attempts
    ) -> int:
        attempts.unanswered += 1
        try:
            taken = confirmed(connection.execute(commands, deadline, count), self._replicas, attempts)
        except BaseException:
            # a late reply would be taken for the next command's, and what refused this one may refuse that
            self._pool.discard(connection)
            raise
        self._pool.push(connection)
        return taken
