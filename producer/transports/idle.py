"""A pool of idle connections."""

from __future__ import annotations

import os
from collections import deque

from .connection import Connection


class IdleConnections:
    """A stack of open connections: the last one returned is the first one reused.

    Thread-safe without a lock, which a fork could leave locked for ever. It is empty in a
    forked child: a connection belongs to the process that opened it. It never holds more
    than were in use at once.
    """

    def __init__(self) -> None:
        self._stack: deque[Connection] = deque()
        self._pid = os.getpid()

    def pop(self) -> Connection | None:
        """A connection for the caller alone, or None."""
        try:
            return self._own().pop()
        except IndexError:
            return None

    def push(self, connection: Connection) -> None:
        """Return a connection whose last command was answered."""
        self._own().append(connection)

    def clear(self) -> None:
        """Close them all."""
        while (connection := self.pop()) is not None:
            connection.close()

    def _own(self) -> deque[Connection]:
        if self._pid != os.getpid():
            # dropped, not emptied: the garbage collector closes our copies, not the parent's
            self._stack = deque()
            self._pid = os.getpid()
        return self._stack
