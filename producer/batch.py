"""Several events in one round trip: kept until the end of a block, then sent together."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from .errors import EventNotRecorded
from .log_line import log
from .message import Message
from .receipt import Receipt

MOST_MESSAGES = 100
MOST_BYTES = 1 << 20
"""What waits at most; beyond, it is sent in the middle of the block."""

Result = Receipt | EventNotRecorded
_current: ContextVar[Batch | None] = ContextVar("trailkeeper_batch", default=None)


class SendsMany(Protocol):
    """The part of an `Emitter` that is needed here."""

    def deliver_all(self, messages: Iterable[Message]) -> list[Result]:
        """See `Emitter.deliver_all`."""

    async def adeliver_all(self, messages: Iterable[Message]) -> list[Result]:
        """See `Emitter.adeliver_all`."""


class _Waiting(NamedTuple):
    emitter: SendsMany
    message: Message
    receipt: Receipt


class Batch:
    """See `batch`. Events that tasks or threads of the block emit after its end are sent at once."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._is_open = True
        self._token: Token[Batch | None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still takes events."""
        return self._is_open

    def add(self, emitter: SendsMany, message: Message) -> Receipt:
        """Keep a message; what waits is sent where it has become much."""
        receipt = self._keep(emitter, message)
        if self._is_due():
            self.send()
        return receipt

    async def aadd(self, emitter: SendsMany, message: Message) -> Receipt:
        """`add` without blocking the event loop."""
        receipt = self._keep(emitter, message)
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
        _raise(self._send())

    async def asend(self) -> None:
        """`send` without blocking the event loop."""
        _raise(await self._asend())

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        _end_with(self._send(), error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        _end_with(await self._asend(), error)

    def _keep(self, emitter: SendsMany, message: Message) -> Receipt:
        receipt = Receipt(message.id, "batched")
        self._waiting.append(_Waiting(emitter, message, receipt))
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

    def _send(self) -> list[_Refused]:
        refused = []
        for emitter, waiting in self._taken():
            refused += _settled(waiting, emitter.deliver_all([one.message for one in waiting]))
        return refused

    async def _asend(self) -> list[_Refused]:
        refused = []
        for emitter, waiting in self._taken():
            refused += _settled(waiting, await emitter.adeliver_all([one.message for one in waiting]))
        return refused

    def _taken(self) -> Iterator[tuple[SendsMany, list[_Waiting]]]:
        """What waits, in order, by the emitters in use; nearly always there is one."""
        while self._waiting:
            taken: list[_Waiting] = []
            self._bytes = 0
            while self._waiting and (not taken or self._waiting[0].emitter is taken[0].emitter):
                taken.append(self._waiting.popleft())
            yield taken[0].emitter, taken


class _Refused(NamedTuple):
    message: Message
    error: EventNotRecorded


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
    found = _current.get()
    return found if found is not None and found.is_open else None


def _settled(waiting: Sequence[_Waiting], results: Sequence[Result]) -> list[_Refused]:
    """Tell each receipt what became of its event; returns those that were refused."""
    refused = []
    for one, result in zip(waiting, results, strict=True):
        if isinstance(result, EventNotRecorded):
            refused.append(_Refused(one.message, result))
        one.receipt.settle("refused" if isinstance(result, EventNotRecorded) else result.outcome)
    return refused


def _end_with(refused: Sequence[_Refused], error: BaseException | None) -> None:
    if error is None:
        _raise(refused)
    for one in refused:
        log(one.message, str(one.error))


def _raise(refused: Sequence[_Refused]) -> None:
    if len(refused) == 1:
        raise refused[0].error
    if refused:
        raise EventNotRecorded("; ".join(str(one.error) for one in refused))
