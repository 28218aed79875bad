"""From a message to where it ends up: the stream, or what its event type wants when Redis fails."""

from __future__ import annotations

import time

from .breaker import Breaker
from .counting import Counting
from .errors import EventNotRecorded, StreamUnavailable
from .log_line import log
from .message import Message
from .receipt import Outcome, Receipt
from .transports import Transport

RESTING = "Redis failed a moment ago and is not asked again yet"
INTERRUPTED = "interrupted while Redis was asked; it may be there as well"


class Delivery:
    """Hands messages to a transport, and takes care of them when it fails.

    Args:
        transport: the way to the stream.
        breaker: whether to try it.
        budget: seconds that one message may wait.
        counting: counts each message once.
    """

    def __init__(self, transport: Transport, breaker: Breaker, budget: float, counting: Counting) -> None:
        self._transport = transport
        self._breaker = breaker
        self._budget = budget
        self._counting = counting

    def deliver(self, message: Message) -> Receipt:
        """Bring a message to its place.

        Raises:
            EventNotRecorded: it is `required`, and Redis did not take it.
        """
        if not self._breaker.allows():
            return self._without_redis(message, RESTING)
        try:
            self._transport.send(
                message.payload, message.invalid, time.monotonic() + self._budget, message.signature
            )
        except StreamUnavailable as error:
            return self._failed(message, error)
        except BaseException:
            self._interrupted(message)
            raise
        return self._taken(message)

    async def adeliver(self, message: Message) -> Receipt:
        """The same, without blocking the event loop."""
        if not self._breaker.allows():
            return self._without_redis(message, RESTING)
        try:
            await self._transport.asend(
                message.payload, message.invalid, time.monotonic() + self._budget, message.signature
            )
        except StreamUnavailable as error:
            return self._failed(message, error)
        except BaseException:
            self._interrupted(message)
            raise
        return self._taken(message)

    def _taken(self, message: Message) -> Receipt:
        self._breaker.succeeded()
        return self._receipt(message, "stream" if message.invalid is None else "quarantined")

    def _failed(self, message: Message, error: StreamUnavailable) -> Receipt:
        self._breaker.failed()
        return self._without_redis(message, str(error))

    def _without_redis(self, message: Message, reason: str) -> Receipt:
        if message.delivery == "best_effort":
            return self._receipt(message, "dropped")
        if message.delivery == "required":
            # not logged as an event: the caller is to refuse the action, and then it did not happen
            self._counting.count(message.tag, "refused")
            raise EventNotRecorded(f"{message.tag} {message.id} was not recorded: {reason}")
        log(message, reason)
        return self._receipt(message, "logged")

    def _interrupted(self, message: Message) -> None:
        """The caller was cancelled or is being stopped: it will get no receipt, but the event is kept."""
        log(message, INTERRUPTED)
        self._counting.count(message.tag, "logged")

    def _receipt(self, message: Message, outcome: Outcome) -> Receipt:
        self._counting.count(message.tag, outcome)
        return Receipt(message.id, outcome)
