"""Several streams of which a process uses one, and another while that one is away."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.message import fields_of

from .away import AwayServers
from .patience import STEP_SECONDS
from .redis_stream import RedisStream

TIME_FOR_TWO = 1.2 * STEP_SECONDS
AWAY_SECONDS = 5.0
"""How long a stream that failed is not tried, as long as there is another."""


class ShardedStream:
    """A `Transport` to several streams. A process keeps to one, so that its numbers stay in order there.

    What a stream did not confirm goes to the next one: if it has it nevertheless, the id makes one of two.

    Args:
        streams: two or more.
        servers: of each; streams of one server are away together.
    """

    def __init__(self, streams: Sequence[RedisStream], servers: Sequence[str]) -> None:
        self._streams = tuple(streams)
        self._servers = tuple(servers)
        self._away = AwayServers(AWAY_SECONDS)

    @property
    def place(self) -> str:
        """Server, database and key of each, without credentials."""
        return ", ".join(stream.place for stream in self._streams)

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """See `Transport.send`."""
        self.send_all([fields_of(payload, invalid, signature)], deadline)

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """See `Transport.asend`."""
        await self.asend_all([fields_of(payload, invalid, signature)], deadline)

    def send_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        """See `Transport.send_all`."""
        may_have_it = False
        for place, is_last in self._in_turn(deadline):
            try:
                return self._streams[place].send_all(entries, _share(deadline, is_last=is_last))
            except StreamUnavailable as error:
                self._away.leave(self._servers[place])
                error.may_have_it = may_have_it = may_have_it or error.may_have_it
                if is_last or time.monotonic() >= deadline:
                    raise
        raise AssertionError("one of them is the last")

    async def asend_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        """See `Transport.asend_all`."""
        may_have_it = False
        for place, is_last in self._in_turn(deadline):
            try:
                return await self._streams[place].asend_all(entries, _share(deadline, is_last=is_last))
            except StreamUnavailable as error:
                self._away.leave(self._servers[place])
                error.may_have_it = may_have_it = may_have_it or error.may_have_it
                if is_last or time.monotonic() >= deadline:
                    raise
        raise AssertionError("one of them is the last")

    def close(self) -> None:
        """See `Transport.close`."""
        for stream in self._streams:
            stream.close()

    def _in_turn(self, deadline: float) -> Iterator[tuple[int, bool]]:
        """Which to try, and whether it is the last one: this process's own, and then those of other servers.

        By the number of the process: those that a web server forks have numbers in a row. What is left of
        the time when a try begins is enough for one more that is silent, or it is the last.
        """
        number = len(self._streams)
        places = [(os.getpid() + step) % number for step in range(number)]
        own = places[0]
        there = [place for place in places if not self._away.is_away(self._servers[place])] or [own]
        by_server = {self._servers[place]: place for place in reversed(there)}
        left = [place for place in there if by_server[self._servers[place]] == place]
        for step, place in enumerate(left, 1):
            has_time = step == 1 or deadline - time.monotonic() > TIME_FOR_TWO
            yield place, step == len(left) or not has_time


def _share(deadline: float, *, is_last: bool) -> float:
    """Half of what is left, so that there is time for another stream."""
    now = time.monotonic()
    return deadline if is_last else now + (deadline - now) / 2
