"""The connections of this process's threads."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from .connection import Connection
from .patience import Patience

MAX_CONNECTIONS = 32
"""Of one process. Hundreds of threads at once are sooner done with these than with one each."""


class ConnectionPool:
    """Open connections: the last one returned is the first one reused, and who finds none waits for one.

    Without a lock, so that returning one costs next to nothing: each step is atomic. A forked child
    begins with an empty pool, as a connection belongs to the process that opened it.

    Args:
        connect: opens one before a deadline.
    """

    def __init__(self, connect: Callable[[float], Connection]) -> None:
        self._connect = connect
        self._mine = _Connections()

    def pop(self) -> Connection | None:
        """An idle connection for the caller alone, or None. It may have been closed by the server."""
        return self._own().pop()

    def take(self, deadline: float) -> Connection:
        """A connection for the caller alone: idle, or new.

        Raises:
            OSError, RefusedError: none could be opened, or none became free in time.
        """
        mine = self._own()
        patience = Patience(deadline, mine.returned)
        while True:
            turn = threading.Event()
            mine.waiting.append(turn)
            try:
                # looked for once in line: whoever returned one before that did not see us
                if (connection := mine.pop() or self._opened(mine, deadline)) is not None:
                    if not mine.is_empty():  # if we were woken, it may have been for what is left
                        mine.wake()
                    return connection
                turn.wait(patience.next_wait())
            finally:
                with suppress(ValueError):  # it was its turn
                    mine.waiting.remove(turn)
            if mine.is_empty() and patience.is_over(mine.returned):
                raise TimeoutError("no connection became free in time")

    def push(self, connection: Connection) -> None:
        """Return a connection whose last command was answered."""
        mine = self._own()
        mine.returned += 1  # read for changes only, so that one lost in a race does not matter
        mine.idle.append(connection)
        mine.wake()

    def discard(self, connection: Connection) -> None:
        """Close a connection, and let somebody open another one."""
        connection.close()
        mine = self._own()
        mine.places.append(None)
        mine.wake()

    def clear(self) -> None:
        """Close those that are idle."""
        while (connection := self.pop()) is not None:
            self.discard(connection)

    def _opened(self, mine: _Connections, deadline: float) -> Connection | None:
        try:
            mine.places.pop()
        except IndexError:
            return None
        try:
            return self._connect(deadline)
        except BaseException:
            mine.places.append(None)
            mine.wake()
            raise

    def _own(self) -> _Connections:
        if self._mine.pid != os.getpid():
            self._mine = _Connections()
        return self._mine


class _Connections:
    """Those of one process: idle ones, places for new ones, and the threads that wait for either."""

    __slots__ = ("idle", "pid", "places", "returned", "waiting")

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.idle: deque[Connection] = deque()
        self.places: deque[None] = deque([None] * MAX_CONNECTIONS)
        self.waiting: deque[threading.Event] = deque()
        self.returned = 0

    def pop(self) -> Connection | None:
        try:
            return self.idle.pop()
        except IndexError:
            return None

    def is_empty(self) -> bool:
        return not self.idle and not self.places

    def wake(self) -> None:
        """Tell the next thread in line to look again."""
        if self.waiting:
            with suppress(IndexError):
                self.waiting.popleft().set()
