"""Several events in one round trip: kept until the end of a block, then sent together."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self
from weakref import finalize, ref

from .errors import EventNotRecorded
from .message import Message
from .receipt import Receipt
from .sending import BatchedEvent, Refused, Sending, SendsMany, log_all

MOST_MESSAGES = 100
MOST_BYTES = 1 << 20
"""What waits at most; beyond, it is sent in the middle of the block."""

_current: ContextVar[ref[Batch] | None] = ContextVar("trailkeeper_batch", default=None)
"""Weak, so that a batch whose block was left before its `__exit__` began ends all the same."""


class Batch:
    """See `batch`. Events that tasks or threads of the block emit after its end are sent at once."""

    def __init__(self) -> None:
        self._waiting: deque[BatchedEvent] = deque()
        self._bytes = 0
        self._is_open = True
        self._token: Token[ref[Batch] | None] | None = None
        self._net: finalize[[deque[BatchedEvent], int], Batch] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still takes events."""
        return self._is_open

    def add(self, emitter: SendsMany, message: Message) -> Receipt:
        """Keep a message; what waits is sent where it has become much."""
        receipt = self._add(emitter, message)
        if self._is_due():
            self.send()
        return receipt

    async def aadd(self, emitter: SendsMany, message: Message) -> Receipt:
        """`add` without blocking the event loop."""
        receipt = self._add(emitter, message)
        if self._is_due():
            await self.asend()
        return receipt

    def close(self) -> None:
        """Take no more: what is emitted from now on is sent at once."""
        self._is_open = False

    def send(self) -> None:
        """Send what waits.

        Raises:
            EventNotRecorded: some of it is `required`, and neither Redis nor the spool took it.
        """
        _raise(self._sending().send())

    async def asend(self) -> None:
        """`send` without blocking the event loop."""
        _raise(await self._sending().asend())

    def __enter__(self) -> Self:
        self._token = _current.set(ref(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._end()
            refused = self._sending().send()
        except BaseException:
            self._keep()
            raise
        self._leave_net()
        _end_with(refused, error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._end()
            refused = await self._sending().asend()
        except BaseException:
            self._keep()
            raise
        self._leave_net()
        _end_with(refused, error)

    def _add(self, emitter: SendsMany, message: Message) -> Receipt:
        if self._net is None:  # an interruption may strike before the first line of `__exit__`
            self._net = finalize(self, _keep, self._waiting, os.getpid())
        receipt = Receipt(message.id, "batched")
        self._waiting.append(BatchedEvent(emitter, message, receipt))
        self._bytes += len(message.payload)
        return receipt

    def _is_due(self) -> bool:
        # of a thread that kept one while the block ended, nobody else sends it
        return not self._is_open or len(self._waiting) >= MOST_MESSAGES or self._bytes >= MOST_BYTES

    def _end(self) -> None:
        self.close()
        if self._token is not None:
            with suppress(ValueError):  # closed by the garbage collector in another context
                _current.reset(self._token)

    def _keep(self) -> None:
        self.close()
        _keep(self._waiting)
        self._leave_net()

    def _leave_net(self) -> None:
        if self._net is not None:
            self._net.detach()

    def _sending(self) -> Sending:
        self._bytes = 0
        return Sending(self._waiting)


def batch() -> Batch:
    """Send what is emitted within a block together at its end, by one round trip to Redis.

    ``with batch(): …``, or ``async with batch(): …`` where the event loop must not block. Each event keeps
    its id, time and receipt, whose outcome is ``batched`` until the end. Nothing is recorded before: if the
    process dies within the block, its events are lost. Whatever happens in the block, they are sent.

    Raises:
        EventNotRecorded: at the end: a `required` event that neither Redis nor the spool took. If the block
            raised something else, that is raised, and the event is written to the log.
    """
    return Batch()


def current_batch() -> Batch | None:
    """The batch that takes what is emitted here, if there is one."""
    current = _current.get()
    found = None if current is None else current()
    return found if found is not None and found.is_open else None


def _keep(waiting: deque[BatchedEvent], pid: int | None = None) -> None:
    # in a forked child, the batches of other threads are the parent's
    if waiting and pid in {None, os.getpid()}:
        Sending(waiting).keep()


def _end_with(refused: Sequence[Refused], error: BaseException | None) -> None:
    if error is None:
        _raise(refused)
    log_all(refused)


def _raise(refused: Sequence[Refused]) -> None:
    if len(refused) == 1:
        raise refused[0].error
    if refused:
        raise EventNotRecorded("; ".join(str(one.error) for one in refused))
