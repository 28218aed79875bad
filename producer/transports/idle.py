"""Connections that nobody is using just now."""

from __future__ import annotations

import os
from collections import deque

from .connection import Connection


class Idle:
    """A stack of open connections: the last one given back is the first one taken.

    Safe for threads without a lock, which a fork could leave locked for ever. A
    forked child finds it empty: a connection belongs to the process that opened it.
    There are never more than were in use at once.
    """

    def __init__(self) -> None:
        self._stack: deque[Connection] = deque()
        self._pid = os.getpid()

    def take(self) -> Connection | None:
        """A connection for the caller alone, or None."""
        try:
            return self._own().pop()
        except IndexError:
            return None

    def give(self, connection: Connection) -> None:
        """Lend out a connection again that answered its last command."""
        self._own().append(connection)

    def clear(self) -> None:
        """Close them all."""
        while (connection := self.take()) is not None:
            connection.close()

    def _own(self) -> deque[Connection]:
        if self._pid != os.getpid():
            # dropped, not emptied: closing is left to the collector, which does not reach the parent's end
            self._stack = deque()
            self._pid = os.getpid()
        return self._stack
