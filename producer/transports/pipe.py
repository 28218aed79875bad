"""One connection of one event loop, which all its coroutines share."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple, cast

from .resp import Reply, parsed

Answer = list[Reply] | OSError


class Pipe(asyncio.Protocol):
    """Commands go out at once; replies come in the same order. Whoever stops waiting disturbs nobody.

    Attributes:
        error: why it is closed; None while it is open.
        answered: how many replies came.
    """

    def __init__(self) -> None:
        self.error: OSError | None = None
        self.answered = 0
        self._waiting: deque[_Asked] = deque()
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def ask(self, commands: bytes, count: int = 1) -> asyncio.Future[Answer]:
        """Send some commands at once; their replies, or why there will be none, are the future's result."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self.error is not None or self._transport is None:
            future.set_result(self.error or ConnectionResetError("not connected"))
        else:
            self._waiting.append(_Asked(future, count, []))
            self._transport.write(commands)
        return future

    def close(self, error: OSError) -> None:
        """Close it, without a word to the server: a forked parent may still be using it."""
        self.error = self.error or error
        if self._transport is not None:
            self._transport.abort()
        while self._waiting:
            settle(self._waiting.popleft().future, error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        self._transport = cast(asyncio.Transport, transport)
        if self.error is not None:  # nobody waits any more
            transport.close()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._received += data
        try:
            while self._received and (found := parsed(self._received)) is not None:
                reply, self._received = found
                self.answered += 1
                self._take(reply)
        except IndexError:
            self.close(ConnectionAbortedError("the server sent more replies than were asked for"))
        except OSError as error:
            self.close(error)

    def _take(self, reply: Reply) -> None:
        asked = self._waiting[0]
        asked.replies.append(reply)
        if len(asked.replies) == asked.expected:
            self._waiting.popleft()
            settle(asked.future, asked.replies)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self.close(
            exc if isinstance(exc, OSError) else ConnectionResetError("the server closed the connection")
        )


class _Asked(NamedTuple):
    future: asyncio.Future[Answer]
    expected: int
    replies: list[Reply]


def settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    """Give an answer to whoever still waits for it."""
    if not future.done():  # whoever asked may have been cancelled
        future.set_result(answer)
