"""One WAIT for all that the coroutines of an event loop add at once.

Redis answers nothing else on a connection while that waits for replicas, so WAITs of many coroutines would
stand in line there. What comes meanwhile waits here, and goes out together, with one WAIT for all of it.
"""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from .pipe import Answer, Pipe, settle
from .redis_errors import RefusedError
from .resp import packed, too_few

WAIT_SHARE = 0.5
"""Of the time that is left, for replicas: the server looks at its clock ten times a second only."""


def wait_command(replicas: int, deadline: float) -> bytes:
    """Waits until so many replicas have what was added on the connection; its reply is how many do."""
    left = max(deadline - time.monotonic(), 0) * WAIT_SHARE
    return packed(b"WAIT", b"%d" % replicas, b"%d" % max(left * 1000, 1))


class SharedWait:
    """The XADDs of one connection's coroutines, each confirmed by replicas.

    Args:
        pipe: the connection.
        replicas: how many have to have each.
    """

    def __init__(self, pipe: Pipe, replicas: int) -> None:
        self._pipe = pipe
        self._replicas = replicas
        self._queued: list[_Queued] = []
        self._is_busy = False

    def ask(self, commands: bytes, count: int, deadline: float) -> asyncio.Future[Answer]:
        """See `Pipe.ask`; the last of the replies is the WAIT's.

        Args:
            commands: to be sent before a WAIT.
            count: of their replies, the WAIT's included.
            deadline: on `time.monotonic`'s clock.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._queued.append(_Queued(future, commands, count - 1, deadline))
        if not self._is_busy:
            self._is_busy = True
            loop.call_soon(self._send)  # after all that are about to ask
        return future

    def _send(self) -> None:
        group = [each for each in self._queued if not each.future.done()]  # else cancelled
        self._queued.clear()
        self._is_busy = bool(group)
        if not group:
            return
        wait = wait_command(self._replicas, max(each.deadline for each in group))
        commands = b"".join([each.commands for each in group]) + wait
        asked = self._pipe.ask(commands, sum(each.expected for each in group) + 1)
        asked.add_done_callback(lambda _: self._answered(group, asked.result()))

    def _answered(self, group: list[_Queued], answer: Answer) -> None:
        if isinstance(answer, OSError):
            for each in (*group, *self._taken()):
                settle(each.future, answer)
            return
        *replies, reached = answer
        begin = 0
        for each in group:
            settle(each.future, [*replies[begin : begin + each.expected], reached])
            begin += each.expected
        if (refusal := too_few(reached, self._replicas)) is None:
            self._send()
        else:
            # a WAIT of their own would end no better, and after their time
            for each in self._taken():
                settle(each.future, [RefusedError(str(refusal))] * (each.expected + 1))

    def _taken(self) -> list[_Queued]:
        """All that were not sent yet, and will not be."""
        queued, self._queued, self._is_busy = self._queued, [], False
        return queued


class _Queued(NamedTuple):
    future: asyncio.Future[Answer]
    commands: bytes
    expected: int
    deadline: float
