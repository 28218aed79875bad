"""From a message to the stream, or else to the spool, or else to what its delivery level says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from .aside import Aside
from .breaker import Breaker
from .errors import EventNotRecorded, SpoolUnavailable, StreamTimeout, StreamUnavailable, is_interruption
from .log_line import log, logger
from .message import Message
from .metrics.counting import Counting
from .receipt import Outcome, Receipt
from .spool import Spool
from .transports import Transport

BREAKER_OPEN = "Redis failed a moment ago and is not tried again yet"
TOOK_A_PART = "Redis took only a part of the batch"
INTERRUPTED = "interrupted while waiting for Redis, which may have it as well"

SPOOL_SHARE = 0.2
"""The part of the budget that is reserved for the spool when Redis uses up the rest."""
INTERRUPTED_SECONDS = 0.01
"""How long the spool may delay a thread or task that is being stopped."""


class Delivery:
    """Hands messages to a transport, and keeps them elsewhere when it fails.

    Args:
        transport: the way to the stream.
        breaker: says whether to try it.
        budget: seconds that one message may take in all.
        counting: counts each message once.
        spool: keeps what the transport does not take; None for no spool.
        on_refusal: called with each refused message, before its caller gets the error.
    """

    def __init__(
        self,
        transport: Transport,
        breaker: Breaker,
        budget: float,
        counting: Counting,
        spool: Spool | None = None,
        *,
        on_refusal: Callable[[Message], None] = lambda _: None,
    ) -> None:
        self._transport = transport
        self._breaker = breaker
        self._budget = budget
        self._redis_budget = budget if spool is None else budget * (1 - SPOOL_SHARE)
        self._counting = counting
        self._spool = spool
        self._aside = Aside()
        self._on_refusal = on_refusal

    def deliver(self, message: Message) -> Receipt:
        """Deliver a message.

        Raises:
            EventNotRecorded: it is `required`, and neither Redis nor the spool took it.
        """
        now = time.monotonic()
        if not self._breaker.allows():
            return self._without_redis(message, BREAKER_OPEN, now + self._budget)
        try:
            self._transport.send(
                message.payload, message.invalid, now + self._redis_budget, message.signature
            )
        except BaseException as error:  # noqa: BLE001 - a transport of the application's may raise anything
            return self._without_redis(message, self._failure(error, now, message), now + self._budget)
        return self._sent(message)

    async def adeliver(self, message: Message) -> Receipt:
        """`deliver` without blocking the event loop."""
        now = time.monotonic()
        if not self._breaker.allows():
            return await self._awithout_redis(message, BREAKER_OPEN, now + self._budget)
        try:
            await self._transport.asend(
                message.payload, message.invalid, now + self._redis_budget, message.signature
            )
        except BaseException as error:  # noqa: BLE001 - as above
            reason = self._failure(error, now, message)
            return await self._awithout_redis(message, reason, now + self._budget)
        return self._sent(message)

    def deliver_all(self, messages: Sequence[Message]) -> list[Receipt | EventNotRecorded]:
        """Deliver several messages by one round trip, and within the budget of one.

        Returns:
            For each its receipt; or for a `required` one that nothing took, the error to raise.
        """
        now = time.monotonic()
        taken, reason = 0, BREAKER_OPEN
        if self._breaker.allows():
            try:
                entries = [message.fields for message in messages]
                taken, reason = self._transport.send_all(entries, now + self._redis_budget), TOOK_A_PART
            except BaseException as error:  # noqa: BLE001 - as above
                reason = self._failure(error, now, *messages)
        sent = [self._sent(message) for message in messages[:taken]]
        return sent + self._all_without_redis(messages[taken:], reason, now + self._budget)

    async def adeliver_all(self, messages: Sequence[Message]) -> list[Receipt | EventNotRecorded]:
        """`deliver_all` without blocking the event loop."""
        now = time.monotonic()
        taken, reason = 0, BREAKER_OPEN
        if self._breaker.allows():
            try:
                entries = [message.fields for message in messages]
                taken = await self._transport.asend_all(entries, now + self._redis_budget)
                reason = TOOK_A_PART
            except BaseException as error:  # noqa: BLE001 - as above
                reason = self._failure(error, now, *messages)
        sent = [self._sent(message) for message in messages[:taken]]
        if taken == len(messages):
            return list(sent)
        kept = self._aside.run(self._all_without_redis, messages[taken:], reason, now + self._budget)
        return sent + await asyncio.shield(kept)

    def _all_without_redis(
        self, messages: Sequence[Message], reason: str, deadline: float
    ) -> list[Receipt | EventNotRecorded]:
        results: list[Receipt | EventNotRecorded] = []
        for message in messages:
            try:
                results.append(self._without_redis(message, reason, deadline))
            except EventNotRecorded as error:
                results.append(error)
        return results

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._transport.close()
        if self._spool is not None:
            self._spool.close()

    def _sent(self, message: Message) -> Receipt:
        self._breaker.succeeded()
        if self._spool is not None:
            self._spool.redis_answered()
        return self._receipt(message, "stream" if message.invalid is None else "quarantined")

    async def _awithout_redis(self, message: Message, reason: str, deadline: float) -> Receipt:
        if self._spool is None or message.delivery == "best_effort":
            return self._without_redis(message, reason, deadline)
        # a caller that is cancelled meanwhile gets no receipt, but its event is kept all the same
        return await asyncio.shield(self._aside.run(self._without_redis, message, reason, deadline))

    def _without_redis(self, message: Message, reason: str, deadline: float) -> Receipt:
        if message.delivery == "best_effort":
            return self._receipt(message, "dropped")
        refusal = self._spooled(message, deadline)
        if refusal is None:
            return self._receipt(message, "spooled")
        reason = f"{reason}; {refusal}" if refusal else reason
        if message.delivery == "required":
            # not logged as an event: the caller has to refuse the action, so it did not happen
            self._on_refusal(message)
            self._counting.count(message.tag, "refused")
            raise EventNotRecorded(f"{message.tag} {message.id} was not recorded: {reason}")
        log(message, reason)
        return self._receipt(message, "logged")

    def _spooled(self, message: Message, deadline: float) -> str | None:
        """Put it into the spool. None if that worked, else why not; empty without a spool."""
        if self._spool is None:
            return ""
        try:
            self._spool.put(message.fields, message.tag, deadline)
        except SpoolUnavailable as error:
            return f"the spool did not take it: {error}"
        return None

    def _interrupted(self, *messages: Message) -> None:
        """The caller was cancelled or is being stopped: it gets no receipt, but its events are kept."""
        deadline = time.monotonic() + INTERRUPTED_SECONDS
        for message in messages:
            if message.delivery != "best_effort" and self._spooled(message, deadline) is None:
                self._counting.count(message.tag, "spooled")
                continue
            log(message, INTERRUPTED)
            self._counting.count(message.tag, "logged")

    def _failure(self, error: BaseException, began: float, *messages: Message) -> str:
        """Why the transport did not take messages.

        Raises:
            BaseException: *error* itself, if it stops the caller; the events are kept before.
        """
        if isinstance(error, StreamTimeout):
            self._breaker.timed_out(began)
        elif isinstance(error, StreamUnavailable):
            self._breaker.failed()
        elif isinstance(error, Exception) and not is_interruption(error):
            logger.error("transport_failed", exc_info=error)
            return f"the transport raised {type(error).__name__}"
        else:
            self._interrupted(*messages)
            raise error
        return str(error)

    def _receipt(self, message: Message, outcome: Outcome) -> Receipt:
        self._counting.count(message.tag, outcome)
        return Receipt(message.id, outcome)
