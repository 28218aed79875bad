"""One connection to Redis: one command at a time, each answered before its deadline or not at all.

Not redis-py's, because there each single wait has a time-out, and they add up: a server that
answers slowly, byte by byte or at several addresses delays a request by a multiple of it. This
speaks the small part of the protocol (RESP 2) that confirms an XADD.
"""

from __future__ import annotations

from .address import RedisAddress, remaining
from .redis_errors import RefusedError

MAX_REPLY = 16 * 1024
"""Bytes; the longest reply we expect is an entry's id."""

END = b"\r\n"


class Connection:
    """An open connection, for one thread at a time. After an exception it must be closed.

    Raises:
        OSError: the server cannot be reached, or not in time.
        RefusedError: the server refused the credentials or the database.
    """

    def __init__(self, address: RedisAddress, deadline: float) -> None:
        self._socket = address.open(deadline)
        try:
            for command in address.greeting():
                self.execute(packed(*command), deadline)
        except BaseException:
            self.close()
            raise

    def execute(self, command: bytes, deadline: float) -> bytes:
        """Send a `packed` command and return the reply.

        Raises:
            OSError: the connection is gone, or the deadline passed.
            RefusedError: the reply is an error.
        """
        self._socket.settimeout(remaining(deadline))
        self._socket.sendall(command)
        reply = self._receive(deadline)
        while (body := _parsed(reply)) is None:
            reply += self._receive(deadline)
        return body

    def close(self) -> None:
        """Close our end without a word to the server: a forked parent may still be using it."""
        self._socket.close()

    def __del__(self) -> None:
        if hasattr(self, "_socket"):
            self.close()

    def _receive(self, deadline: float) -> bytes:
        self._socket.settimeout(remaining(deadline))
        received = self._socket.recv(MAX_REPLY)
        if not received:
            raise ConnectionResetError("the server closed the connection")
        return received


def packed(*words: bytes) -> bytes:
    """A command as RESP."""
    return b"*%d\r\n%b" % (len(words), b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words]))


def _parsed(reply: bytes) -> bytes | None:
    """The reply without its framing, or None if it is not complete."""
    line, end, body = reply[1:].partition(END)
    if len(reply) > MAX_REPLY:
        raise ConnectionAbortedError("the server sent a longer reply than expected")
    if not end:
        return None
    match reply[:1]:
        case b"+":
            return line
        case b"$" if line.isdigit():
            return body[: -len(END)] if len(body) == int(line) + len(END) else None
        case b"-":
            raise RefusedError(line.decode("utf-8", "replace"))
        case _:
            raise ConnectionAbortedError(f"not a Redis reply: {reply[:40]!r}")
