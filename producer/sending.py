"""What a batch sends at once, and what became of it so far: whatever stops the caller, none is left out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import NamedTuple, Protocol

from .delivery import Result
from .errors import EventNotRecorded
from .log_line import log
from .message import Message
from .receipt import Receipt


class SendsMany(Protocol):
    """The part of an `Emitter` that is needed here."""

    def deliver_all(self, messages: Sequence[Message], results: list[Result]) -> None:
        """See `Emitter.deliver_all`."""

    async def adeliver_all(self, messages: Sequence[Message], results: list[Result]) -> None:
        """See `Emitter.adeliver_all`."""

    def keep_all(self, messages: Sequence[Message], results: list[Result]) -> None:
        """See `Emitter.keep_all`."""


class BatchedEvent:
    """An event, the emitter that is to send it, and what its caller got. Equal to itself alone."""

    __slots__ = ("emitter", "message", "receipt")

    def __init__(self, emitter: SendsMany, message: Message, receipt: Receipt) -> None:
        self.emitter = emitter
        self.message = message
        self.receipt = receipt


class Refused(NamedTuple):
    """A `required` event that nothing took."""

    message: Message
    error: EventNotRecorded


class Sending:
    """Sends what waits, and tells each receipt what became of its event.

    Args:
        waiting: taken out of it one by one, also by other threads at once.
    """

    def __init__(self, waiting: deque[BatchedEvent]) -> None:
        self._waiting = waiting
        self._taken: list[BatchedEvent] = []
        self._results: list[Result] = []

    def send(self) -> list[Refused]:
        """Send; returns what was refused."""
        try:
            for emitter, messages in self._rest():
                emitter.deliver_all(messages, self._results)
            return self._settled()
        except BaseException:
            self.keep()
            raise

    async def asend(self) -> list[Refused]:
        """`send` without blocking the event loop."""
        try:
            for emitter, messages in self._rest():
                await emitter.adeliver_all(messages, self._results)
            return self._settled()
        except BaseException:
            self.keep()
            raise

    def keep(self) -> None:
        """Keep on this machine what is not sent yet, for a caller that is being stopped."""
        for emitter, messages in self._rest():
            emitter.keep_all(messages, self._results)
        log_all(self._settled())

    def _rest(self) -> Iterator[tuple[SendsMany, list[Message]]]:
        """What has no result yet, in order, by the emitters in use; nearly always there is one."""
        while self._waiting:
            with suppress(IndexError):  # another thread was quicker
                self._take(self._waiting[0])
        rest = self._taken[len(self._results) :]
        for _, group in groupby(rest, lambda one: id(one.emitter)):
            found = list(group)
            yield found[0].emitter, [one.message for one in found]

    def _take(self, one: BatchedEvent) -> None:
        """Noted before it is removed: whatever strikes between two steps, it is in one of the two places."""
        if not self._taken or self._taken[-1] is not one:  # else noted before it was interrupted
            self._taken.append(one)
        try:
            self._waiting.remove(one)
        except ValueError:  # another thread was quicker, and sends it
            self._taken.pop()

    def _settled(self) -> list[Refused]:
        refused = []
        for one, result in zip(self._taken, self._results, strict=True):
            if isinstance(result, EventNotRecorded):
                refused.append(Refused(one.message, result))
            one.receipt.settle("refused" if isinstance(result, EventNotRecorded) else result.outcome)
        return refused


def log_all(refused: Sequence[Refused]) -> None:
    """Log events whose caller gets another error than theirs."""
    for one in refused:
        log(one.message, str(one.error))
