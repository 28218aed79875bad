"""One connection to Redis: commands of one caller at a time, answered before its deadline or not at all.

Not redis-py's, because there each single wait has a time-out, and they add up: a server that
answers slowly, byte by byte or at several addresses delays a request by a multiple of it. This
speaks the small part of the protocol (RESP 2) that confirms an XADD.
"""

from __future__ import annotations

import os
from weakref import WeakSet

from .address import RedisAddress
from .patience import remaining, step_deadline
from .resp import MAX_REPLY, Reply, accepted, packed, parsed

_open: WeakSet[Connection] = WeakSet()


class Connection:
    """An open connection, for one thread at a time. After an exception it must be closed.

    Raises:
        OSError: the server cannot be reached, or not in time.
        RefusedError: the server refused the credentials or the database.
    """

    def __init__(self, address: RedisAddress, deadline: float) -> None:
        self._socket = address.open(deadline)
        _open.add(self)
        try:
            for command in address.greeting():
                accepted(self.execute(packed(*command), deadline))
        except BaseException:
            self.close()
            raise

    def execute(self, commands: bytes, deadline: float, count: int = 1) -> list[Reply]:
        """Send some `packed` commands at once and return their replies.

        Raises:
            OSError: the connection is gone, or the deadline passed.
        """
        deadline = step_deadline(deadline)
        self._socket.settimeout(remaining(deadline))
        self._socket.sendall(commands)
        replies: list[Reply] = []
        received = b""
        while len(replies) < count:
            received += self._receive(deadline)
            while received and (found := parsed(received)) is not None:
                reply, received = found
                replies.append(reply)
        if received or len(replies) > count:
            raise ConnectionAbortedError("the server sent more replies than were asked for")
        return replies

    def close(self) -> None:
        """Close our end without a word to the server: a forked parent may still be using it."""
        self._socket.close()

    def __del__(self) -> None:
        if hasattr(self, "_socket"):
            self.close()

    def _receive(self, deadline: float) -> bytes:
        received = self._received(remaining(deadline))
        if not received:
            raise ConnectionResetError("the server closed the connection")
        return received

    def _received(self, seconds: float) -> bytes:
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(MAX_REPLY)
        except TimeoutError as error:
            self._socket.settimeout(0)
            try:
                return self._socket.recv(MAX_REPLY)  # gevent looks at clocks first, and at sockets later
            except OSError:
                raise error from None


def _in_child() -> None:
    """After a fork: our copies of the parent's sockets would keep them open when it closes them."""
    for connection in list(_open):
        connection.close()


os.register_at_fork(after_in_child=_in_child)
