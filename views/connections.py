"""Connections that cost time: nobody keeps one by sending half a request, or by not reading an answer.

uvicorn waits for both without end, and refuses everybody once it has too many connections. Here each has a
time for its request and for each part of the answer, and where too many wait for a request, one of those
makes room: whoever sends a whole request at once always gets in.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .shares import network

REQUEST_SECONDS = 20.0
"""From connecting, or from the answer before, to the end of a request."""

WRITE_SECONDS = 30.0
"""For a client to take some tens of kilobytes of an answer."""

MOST_WAITING = 250
"""Connections of one process whose request is not complete, kept alive ones among them."""

INCOMPLETE = (h11.IDLE, h11.SEND_BODY)


class ImpatientProtocol(H11Protocol):
    """uvicorn's, with these times."""

    waiting: ClassVar[OrderedDict[ImpatientProtocol, asyncio.TimerHandle]] = OrderedDict()
    network: str
    _write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for a request."""
        super().connection_made(transport)
        self.network = network(self.client[0] if self.client else None)
        self._settle()

    def data_received(self, data: bytes) -> None:
        """Take some of a request."""
        super().data_received(data)
        self._settle()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client has not read what was sent: give it some time."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It has."""
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().resume_writing()

    def _settle(self) -> None:
        if self.conn.their_state not in INCOMPLETE or self.transport.is_closing():
            self.stop_waiting()
        elif self not in self.waiting:
            self.waiting[self] = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)
            if len(self.waiting) > MOST_WAITING:
                dispensable = _most_dispensable(self.waiting)
                dispensable.stop_waiting()
                dispensable.transport.abort()

    def stop_waiting(self) -> None:
        """A request is complete, or none will be."""
        timer = self.waiting.pop(self, None)
        if timer is not None:
            timer.cancel()


def _most_dispensable(waiting: Iterable[ImpatientProtocol]) -> ImpatientProtocol:
    """Of the network that has most, one that never asked anything; the oldest of those."""
    waiting = list(waiting)
    counts = Counter(connection.network for connection in waiting)
    return max(waiting, key=lambda connection: (counts[connection.network], connection.cycle is None))
