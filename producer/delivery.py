"""From a message to the stream, or else to the spool, or else to what its delivery level says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from .aside import Aside
from .breaker import Breaker
from .errors import EventNotRecorded, SpoolUnavailable, StreamTimeout, StreamUnavailable, is_interruption
from .log_line import log, logger
from .message import Message
from .metrics.counting import Counting
from .receipt import Outcome, Receipt
from .spool import Spool, SpoolsMany
from .transports import Transport


class Failure(NamedTuple):
    """Why something did not take messages, and whether it may have them all the same."""

    reason: str
    may_have_it: bool


BREAKER_OPEN = Failure("Redis failed a moment ago and is not tried again yet", may_have_it=False)
TOOK_A_PART = Failure("Redis took only a part of the batch", may_have_it=True)
INTERRUPTED = "interrupted on its way; Redis or the spool may have it as well"
NOT_SPOOLED = "the spool did not take it"

Result: TypeAlias = Receipt | EventNotRecorded

SPOOL_SHARE = 0.2
"""The part of the budget that is reserved for the spool when Redis uses up the rest."""
INTERRUPTED_SECONDS = 0.01
"""How long the spool may delay a thread or task that is being stopped: all of a batch, where the spool takes
several at once. Ours tries for a few commits' time in any case."""


class Delivery:
    """Hands messages to a transport, and keeps them elsewhere when it fails.

    Args:
        transport: the way to the stream.
        breaker: says whether to try it.
        budget: seconds that one message may take in all.
        counting: counts each message once.
        spool: keeps what the transport does not take; None for no spool.
        on_refusal: called with each refused message and those of its numbers that no event has, before its
            caller gets the error.
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
        """Deliver a message. Whoever is stopped meanwhile has to have it kept (`keep`).

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
            return self._without_redis(message, self._failure(error, now), now + self._budget)
        return self._sent(message)

    async def adeliver(self, message: Message) -> Receipt | asyncio.Future[Receipt]:
        """`deliver` without blocking the event loop; a future where a thread has the message in hand."""
        now = time.monotonic()
        if not self._breaker.allows():
            return self._awithout_redis(message, BREAKER_OPEN, now + self._budget)
        try:
            await self._transport.asend(
                message.payload, message.invalid, now + self._redis_budget, message.signature
            )
        except BaseException as error:  # noqa: BLE001 - as above
            return self._awithout_redis(message, self._failure(error, now), now + self._budget)
        return self._sent(message)

    def deliver_all(self, messages: Sequence[Message], results: list[Result]) -> None:
        """Deliver several messages by one round trip, and within the budget of one.

        Args:
            messages: in order.
            results: gets for each its receipt; or for a `required` one that nothing took, the error to
                raise. Whoever is stopped meanwhile sees here which were delivered.
        """
        now = time.monotonic()
        taken, failure = 0, BREAKER_OPEN
        if self._breaker.allows():
            try:
                entries = [message.fields for message in messages]
                taken, failure = self._transport.send_all(entries, now + self._redis_budget), TOOK_A_PART
            except BaseException as error:  # noqa: BLE001 - as above
                failure = self._failure(error, now)
        results.extend(map(self._sent, messages[:taken]))
        self._all_without_redis(messages[taken:], results, failure, now + self._budget)

    async def adeliver_all(self, messages: Sequence[Message], results: list[Result]) -> None:
        """`deliver_all` without blocking the event loop; ``batched`` is what a thread has in hand."""
        now = time.monotonic()
        taken, failure = 0, BREAKER_OPEN
        if self._breaker.allows():
            try:
                entries = [message.fields for message in messages]
                taken = await self._transport.asend_all(entries, now + self._redis_budget)
                failure = TOOK_A_PART
            except BaseException as error:  # noqa: BLE001 - as above
                failure = self._failure(error, now)
        results.extend(map(self._sent, messages[:taken]))
        if taken < len(messages):
            rest: list[Result] = []
            kept = self._aside.run(
                self._all_without_redis, messages[taken:], rest, failure, now + self._budget
            )
            # whoever is cancelled now must not keep them once more
            results += [Receipt(message.id, "batched") for message in messages[taken:]]
            await asyncio.shield(kept)
            results[-len(rest) :] = rest

    def keep(self, messages: Sequence[Message]) -> list[Receipt]:
        """Put messages into the spool or the log, as their caller is being stopped and gets no receipt.

        Neither what stops it once more nor a spool that fails leaves one out.
        """
        wanted = [message for message in messages if message.delivery != "best_effort"]
        refusal, spooled = self._spooled_of(wanted, time.monotonic() + INTERRUPTED_SECONDS)
        receipts = []
        for message in messages:
            is_spooled = message.id in spooled
            if not is_spooled:
                log(message, f"{INTERRUPTED}; {refusal}" if refusal else INTERRUPTED)
            receipts.append(self._receipt(message, "spooled" if is_spooled else "logged"))
        return receipts

    def _spooled_of(self, messages: Sequence[Message], deadline: float) -> tuple[str | None, set[UUID]]:
        """Why the spool did not take all of them, if so; and the ids of what it took."""
        spooled = set[UUID]()
        try:
            if isinstance(self._spool, SpoolsMany) and messages:
                self._spool.put_all([(message.fields, message.tag) for message in messages], deadline)
                return None, {message.id for message in messages}
            for message in messages:
                if (failure := self._spooled(message, deadline)) is not None:
                    return failure.reason, spooled
                spooled.add(message.id)
        except SpoolUnavailable as error:
            return f"{NOT_SPOOLED}: {error}", spooled
        except BaseException as error:  # noqa: BLE001 - the log is left, and the first error goes on
            return f"the spool was interrupted as well: {error!r}", spooled
        return None, spooled

    def _all_without_redis(
        self, messages: Sequence[Message], results: list[Result], failure: Failure, deadline: float
    ) -> None:
        for message in messages:
            try:
                results.append(self._without_redis(message, failure, deadline))
            except EventNotRecorded as error:
                results.append(error)

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

    def _awithout_redis(
        self, message: Message, failure: Failure, deadline: float
    ) -> Receipt | asyncio.Future[Receipt]:
        if self._spool is None or message.delivery == "best_effort":
            return self._without_redis(message, failure, deadline)
        return self._aside.run(self._without_redis, message, failure, deadline)

    def _without_redis(self, message: Message, failure: Failure, deadline: float) -> Receipt:
        if message.delivery == "best_effort":
            return self._receipt(message, "dropped")
        of_spool = self._spooled(message, deadline)
        if of_spool is None:
            return self._receipt(message, "spooled")
        reason = "; ".join(filter(None, [failure.reason, of_spool.reason]))
        if message.delivery == "required":
            raise self._refused(message, reason, failure.may_have_it or of_spool.may_have_it)
        log(message, reason)
        return self._receipt(message, "logged")

    def _refused(self, message: Message, reason: str, may_be_recorded: bool) -> EventNotRecorded:
        """The error for its caller, who has to refuse the action: so it is not logged as an event."""
        self._counting.count(message.tag, "refused")
        if not may_be_recorded:
            self._on_refusal(message)
            return EventNotRecorded(f"{message.tag} {message.id} was not recorded: {reason}")
        # its own number may have an event; what it was to report as unused has none in any case
        self._on_refusal(message._replace(numbers=message.numbers[1:]))
        return EventNotRecorded(
            f"{message.tag} {message.id} was not confirmed, though it may have been recorded: {reason}"
        )

    def _spooled(self, message: Message, deadline: float) -> Failure | None:
        """Put it into the spool. None if that worked, else why not; without reason if there is no spool."""
        if self._spool is None:
            return Failure("", may_have_it=False)
        try:
            self._spool.put(message.fields, message.tag, deadline)
        except SpoolUnavailable as error:
            return Failure(f"{NOT_SPOOLED}: {error}", error.may_have_it)
        return None

    def _failure(self, error: BaseException, began: float) -> Failure:
        """Why the transport did not take messages.

        Raises:
            BaseException: *error* itself, if it stops the caller.
        """
        if isinstance(error, StreamTimeout):
            self._breaker.timed_out(began)
        elif isinstance(error, StreamUnavailable):
            self._breaker.failed()
        elif isinstance(error, Exception) and not is_interruption(error):
            logger.error("transport_failed", exc_info=error)
            return Failure(f"the transport raised {type(error).__name__}", may_have_it=True)
        else:
            raise error
        return Failure(str(error), error.may_have_it)

    def _receipt(self, message: Message, outcome: Outcome) -> Receipt:
        self._counting.count(message.tag, outcome)
        return Receipt(message.id, outcome)
