"""From a call of `emit` to its receipt: facts collected, checked, encoded and delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Never, Unpack

from msgspec.structs import asdict, replace

from .batch import current_batch
from .breaker import Breaker
from .catalogue import Catalogue, EventType, load
from .delivery import Delivery, Result
from .errors import EventNotRecorded, InvalidEvent, SettingsError
from .event import Event
from .facts import (
    EmitArguments,
    EventFacts,
    all_named,
    context_of,
    event_of,
    facts_as_understood,
    unknown_argument,
)
from .frames import NOTHING, RequestContext
from .log_line import logger
from .message import Message
from .metrics import Metrics
from .metrics.counting import Counting
from .mistakes import described, place
from .outbox import Outbox, TableOutbox
from .outbox.connections import connection_of
from .quarantine import problem_of, quarantined
from .receipt import Outcome, Receipt
from .requests.forwarded import TrustedProxies
from .secrets import SecretGuard
from .settings import OFF, ProducerSettings
from .signing import Signer, SigningKey
from .spool import Spool
from .stamper import Stamper
from .transports import StreamTransport, Transport, stream_of
from .validation import encoded, harmless, payload_of
from .validation.text import refuse, shortened, unreadable
from .validation.values import text_of
from .wire import unmapped

MAX_TAG = 128
UNKNOWN = "unknown"
"""Metric label for unknown tags; bounds cardinality."""


class Emitter:
    """Records events. For any number of threads, event loops, and processes after a fork.

    Args:
        settings: where Redis is, how long to wait for it, and so on.
        catalogue: the event types; ours and those of the settings if not given.
        transport: another way to the stream than Redis; it needs *spool* too.
        metrics: counts each emit.
        spool: keeps what the transport does not take; None for nothing. The settings' spool if not given,
            which can deliver to Redis alone.
        outbox: takes what is emitted with ``connection=``; our table in its database if not given.

    Raises:
        CatalogueError: a catalogue file is wrong.
        SettingsError: the Redis URL or a trusted proxy is wrong; or a transport without *spool*.
    """

    def __init__(
        self,
        settings: ProducerSettings,
        *,
        catalogue: Catalogue | None = None,
        transport: Transport | None = None,
        metrics: Metrics | None = None,
        spool: Spool | str | None = "settings",
        outbox: Outbox | None = None,
    ) -> None:
        self.catalogue = load(settings.catalogue) if catalogue is None else catalogue
        redis = stream_of(settings) if transport is None else None
        self._transport: Transport = redis or transport  # type: ignore[assignment]  # one of the two
        self._outbox = TableOutbox(settings.schema) if outbox is None else outbox
        self._counting = Counting(metrics)
        self.quarantines = settings.on_invalid == "quarantine"
        self._secrets = SecretGuard(
            settings.secrets, settings.secret_words, self._counting.count_secrets, settings.fingerprint_key
        )
        self._proxies = TrustedProxies(settings.trusted_proxies)
        signer = Signer(SigningKey.of(settings.signing_key)) if settings.signing_key else None
        self._stamper = Stamper(settings.producer_name, signer)
        self._delivery = Delivery(
            self._transport,
            Breaker(settings.breaker_seconds),
            settings.emit_budget_ms / 1000,
            self._counting,
            _spool_of(settings, redis) if isinstance(spool, str) else spool,
            on_refusal=self._stamper.mark_unused,
        )

    def emit(self, /, tag: str, *unnamed: Never, **arguments: Unpack[EmitArguments]) -> Receipt:
        """See `trailkeeper.emit`."""
        connection = arguments.pop("connection", None)
        message = self._message(tag, all_named(unnamed, arguments))
        if connection is None:
            batch = current_batch()
            return self.deliver(message) if batch is None else batch.add(self, message)
        try:
            self._outbox.put(connection_of(connection), message.payload, message.invalid)
        except InvalidEvent as error:
            return self.deliver(self.misdirected(error, message))
        return self._inserted(message)

    async def aemit(self, /, tag: str, *unnamed: Never, **arguments: Unpack[EmitArguments]) -> Receipt:
        """See `trailkeeper.aemit`."""
        connection = arguments.pop("connection", None)
        message = self._message(tag, all_named(unnamed, arguments))
        if connection is None:
            batch = current_batch()
            return await self.adeliver(message) if batch is None else await batch.aadd(self, message)
        try:
            await self._outbox.aput(connection_of(connection), message.payload, message.invalid)
        except InvalidEvent as error:
            return await self.adeliver(self.misdirected(error, message))
        return self._inserted(message)

    def prepare(self, /, tag: str, *unnamed: Never, **facts: Unpack[EventFacts]) -> Message:
        """An event of now, checked as by `emit`, to be delivered later.

        Raises:
            InvalidEvent: the call is wrong.
        """
        return self._message(tag, all_named(unnamed, facts))

    def deliver(self, message: Message) -> Receipt:
        """Record what `prepare` made. Whatever stops the caller meanwhile, the event is kept.

        Raises:
            EventNotRecorded: it is `required`, and neither Redis nor the spool took it.
        """
        return self._deliver(message, self._stamper.stamp)

    async def adeliver(self, message: Message) -> Receipt:
        """`deliver` without blocking the event loop."""
        stamped = None
        try:
            stamped = self._stamper.stamp(message)
            receipt = await self._delivery.adeliver(stamped)
        except EventNotRecorded:
            raise
        except BaseException:
            self._delivery.keep([stamped or self._stamper.stamp(message)])
            raise
        # a caller that is cancelled meanwhile gets no receipt, but its event is kept all the same
        return receipt if isinstance(receipt, Receipt) else await asyncio.shield(receipt)

    def deliver_all(self, messages: Sequence[Message], results: list[Result]) -> None:
        """Record several by one round trip, and keep them all, whatever stops the caller meanwhile.

        Args:
            messages: in order.
            results: gets for each its receipt, or why a `required` one is refused.
        """
        stamped, before = list[Message](), len(results)
        try:
            self._stamp_all(messages, stamped)
            self._delivery.deliver_all(stamped, results)
        except BaseException:
            self._keep_rest(messages, stamped, results, before)
            raise

    async def adeliver_all(self, messages: Sequence[Message], results: list[Result]) -> None:
        """`deliver_all` without blocking the event loop."""
        stamped, before = list[Message](), len(results)
        try:
            self._stamp_all(messages, stamped)
            await self._delivery.adeliver_all(stamped, results)
        except BaseException:
            self._keep_rest(messages, stamped, results, before)
            raise

    def keep_all(self, messages: Sequence[Message], results: list[Result]) -> None:
        """Keep events on this machine, as what was to record them is being stopped. See `deliver_all`."""
        self._keep_rest(messages, [], results, len(results))

    def send(self, event: Event) -> Receipt:
        """Record an event that was made elsewhere, perhaps with a number. Checked and delivered as by `emit`.

        Raises:
            InvalidEvent: no worker could store it.
            EventNotRecorded: it is `required`, and neither Redis nor the spool took it.
        """
        message = self._message_of(event)
        return self._deliver(message, self._stamper.sign if event.seq else self._stamper.stamp)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._delivery.close()

    def _deliver(self, message: Message, stamp: Callable[[Message], Message]) -> Receipt:
        stamped = None
        try:
            stamped = stamp(message)
            return self._delivery.deliver(stamped)
        except EventNotRecorded:
            raise
        except BaseException:
            self._delivery.keep([stamped or stamp(message)])
            raise

    def _stamp_all(self, messages: Sequence[Message], stamped: list[Message]) -> None:
        stamped.extend(map(self._stamper.stamp, messages[len(stamped) :]))

    def _keep_rest(
        self, messages: Sequence[Message], stamped: list[Message], results: list[Result], before: int
    ) -> None:
        self._stamp_all(messages, stamped)
        # the one at hand may be in the spool already: what is there twice is stored once
        results += self._delivery.keep(stamped[len(results) - before :])

    def _inserted(self, message: Message) -> Receipt:
        outcome: Outcome = "outbox" if message.invalid is None else "quarantined"
        self._counting.count(message.tag, outcome)
        return Receipt(message.id, outcome)

    def _message(self, tag: str, facts: EventFacts) -> Message:
        context = NOTHING
        try:
            context = context_of(facts.get("request"), self._proxies)
            kind = self._kind(tag)
            event = event_of(kind, context, datetime.now(UTC), **facts)
            return self._checked(event, kind, None)
        except Exception as error:  # noqa: BLE001 - a value of the application's may raise anything
            if context is NOTHING and type(request := facts.get("request")) is RequestContext:
                context = request
            return self._invalid(unknown_argument(facts) or error, tag, facts_as_understood(context, facts))

    def _message_of(self, event: Event) -> Message:
        try:
            kind = self._kind(event.tag)
            payload = payload_of(event.additional, kind)
            agent = harmless(event.user_agent)
            event = replace(event, tag=kind.tag, user_agent=agent, additional=payload, ip=unmapped(event.ip))
            return self._checked(event, kind, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - as above
            return self._invalid(error, event.tag, asdict(event))

    def _checked(self, event: Event, kind: EventType, now: datetime | None) -> Message:
        event = self._secrets.checked(event, kind)
        return Message(event.id, kind.tag, encoded(event, now), None, kind.delivery)

    def _kind(self, tag: Any) -> EventType:
        if type(tag) is not str:
            try:
                tag = text_of("tag", tag)
            except Exception as error:  # noqa: BLE001 - as below
                refuse("tag", error)
        if kind := self.catalogue.get(tag):
            return kind
        closest = self.catalogue.closest(tag[:MAX_TAG])
        hint = f"a tag of the catalogue, such as {closest}" if closest else "a tag of the catalogue"
        raise InvalidEvent("tag", f"no event type is called {shortened(tag)}", hint)

    def _known(self, tag: object) -> EventType | None:
        try:
            return self._kind(tag)
        except Exception:  # noqa: BLE001 - it is the mistake that is reported already
            return None

    def _invalid(self, cause: Exception, tag: Any, facts: Mapping[str, Any]) -> Message:
        error = unreadable("event", cause)
        kind = self._known(tag)
        label = kind.tag if kind else UNKNOWN
        if not self.quarantines:
            self._counting.count(label, "invalid")
            raise error from (None if error is cause else cause)
        clean = partial(self._secrets.cleaned_facts, kind=kind, tag=label)
        return self._kept(error, quarantined(error, label, {**facts, "tag": tag}, clean))

    def misdirected(self, error: InvalidEvent, message: Message) -> Message:
        """The whole event as a dead letter: only the connection or session it was to go to was wrong.

        Raises:
            InvalidEvent: *error*, where wrong calls are not kept.
        """
        if not self.quarantines:
            self._counting.count(message.tag, "invalid")
            raise error
        return self._kept(error, message._replace(invalid=problem_of(error), delivery="spooled"))

    def _kept(self, error: InvalidEvent, message: Message) -> Message:
        logger.error(
            "wrong call of emit at %s: %s; kept as dead letter %s", place(), described(error), message.id
        )
        return message


def _spool_of(settings: ProducerSettings, redis: StreamTransport | None) -> Spool | None:
    if settings.spool == OFF:
        return None
    if redis is None:
        raise SettingsError("a transport of one's own needs spool=: a Spool, or None to keep nothing")
    from .spool.keeper import FileSpool  # noqa: PLC0415 - keeps `import trailkeeper` cheap

    return FileSpool.of(settings, redis)
