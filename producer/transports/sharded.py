"""Several streams of which a process uses one, and another while that one is away."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

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
        for attempt in self._attempts(deadline):
            with attempt:
                return attempt.stream.send_all(entries, attempt.deadline)
        raise AssertionError("the last attempt raises")

    async def asend_all(self, entries: Sequence[Mapping[bytes, bytes]], deadline: float) -> int:
        """See `Transport.asend_all`."""
        for attempt in self._attempts(deadline):
            with attempt:
                return await attempt.stream.asend_all(entries, attempt.deadline)
        raise AssertionError("the last attempt raises")

    def close(self) -> None:
        """See `Transport.close`."""
        for stream in self._streams:
            stream.close()

    def _attempts(self, deadline: float) -> Iterator[_Attempt]:
        """At this process's own stream first, and then at those of other servers that are there.

        Its own by its number: processes that a web server forks have numbers in a row.
        """
        number = len(self._streams)
        places = [(os.getpid() + step) % number for step in range(number)]
        there = [place for place in places if not self._away.is_away(self._servers[place])] or places[:1]
        by_server = {self._servers[place]: place for place in reversed(there)}
        left = [place for place in there if by_server[self._servers[place]] == place]
        may_have_it = False
        for step, place in enumerate(left, 1):
            now = time.monotonic()
            is_last = step == len(left) or (step > 1 and deadline - now < TIME_FOR_TWO)
            # half of what is left, so that there is time for another stream
            until = deadline if is_last else now + (deadline - now) / 2
            leave = partial(self._away.leave, self._servers[place])
            attempt = _Attempt(self._streams[place], until, None if is_last else deadline, leave, may_have_it)
            yield attempt
            may_have_it = attempt.may_have_it


class _Attempt:
    """A block that tries one stream, and raises only if there is not the time for another one.

    Args:
        stream: which.
        deadline: of this attempt.
        next_until: of all attempts; None if this is the last.
        leave: notes that its server failed.
        may_have_it: whether a stream that was tried before may have the message.
    """

    def __init__(
        self,
        stream: RedisStream,
        deadline: float,
        next_until: float | None,
        leave: Callable[[], None],
        may_have_it: bool,
    ) -> None:
        self.stream = stream
        self.deadline = deadline
        self.may_have_it = may_have_it
        self._next_until = next_until
        self._leave = leave

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        if not isinstance(error, StreamUnavailable):
            return False
        self._leave()
        error.may_have_it = self.may_have_it = self.may_have_it or error.may_have_it
        return self._next_until is not None and time.monotonic() < self._next_until
