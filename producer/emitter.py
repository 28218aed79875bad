"""From a call of `emit` to its receipt: facts gathered, checked, encoded and delivered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Unpack

from msgspec.structs import asdict, replace

from .breaker import Breaker
from .catalogue import Catalogue, EventType, load
from .context import NOTHING
from .counting import Counting
from .delivery import Delivery
from .errors import InvalidEvent
from .event import Event
from .facts import ARGUMENTS, Call, Given, event_of, request_of
from .message import Message
from .metrics import Metrics
from .numbering import Numbering
from .quarantine import quarantined
from .receipt import Outcome, Receipt
from .requests.forwarded import TrustedProxies
from .seal import Seal
from .secrets import SecretGuard
from .settings import ProducerSettings
from .signing import Key, Signer
from .spool import Spool
from .transactions.outbox import Outbox, TableOutbox
from .transports import RedisStream, Transport
from .validation import encoded, harmless
from .validation.text import shown

MAX_TAG = 128
UNKNOWN = "unknown"
"""As which a tag is counted that no catalogue knows, so that a mistake cannot make metrics without end."""


class Emitter:
    """Records events. For any number of threads, event loops, and processes after a fork.

    Args:
        settings: where Redis is, and how long to wait for it.
        catalogue: the event types; without it, ours and those of the settings.
        transport: another way to the stream than Redis; one that is an `Outbox` as well takes what is
            emitted within transactions.
        metrics: counts each emit.
        spool: keeps what the transport does not take; without it, for Redis, the one of the settings.

    Raises:
        CatalogueError: a catalogue file is wrong.
        SettingsError: the Redis URL or a trusted proxy is wrong.
    """

    def __init__(
        self,
        settings: ProducerSettings,
        *,
        catalogue: Catalogue | None = None,
        transport: Transport | None = None,
        metrics: Metrics | None = None,
        spool: Spool | None = None,
    ) -> None:
        self.catalogue = load(settings.catalogue) if catalogue is None else catalogue
        self._transport = RedisStream(settings.redis_url, settings.stream) if transport is None else transport
        given: object = transport
        self._outbox = given if isinstance(given, Outbox) else TableOutbox()
        self._counting = Counting(metrics)
        self._quarantines = settings.on_invalid == "quarantine"
        self._secrets = SecretGuard(settings.secrets, settings.secret_words, self._counting.removed)
        self._proxies = TrustedProxies(settings.trusted_proxies)
        signer = Signer(Key.of(settings.signing_key)) if settings.signing_key else None
        self._seal = Seal(Numbering(settings.producer_name), signer)
        breaker = Breaker(settings.breaker_seconds)
        if spool is None and isinstance(self._transport, RedisStream):
            from .spool.keeper import FileSpool  # noqa: PLC0415 - who only imports us does not pay for it

            spool = FileSpool.of(settings, self._transport)
        self._delivery = Delivery(
            self._transport,
            breaker,
            settings.emit_budget_ms / 1000,
            self._counting,
            spool,
            refused=self._seal.refused,
        )

    def emit(self, tag: str, **given: Unpack[Call]) -> Receipt:
        """See `producer.emit`."""
        connection = given.pop("connection", None)
        if connection is None:
            return self.deliver(self._message(tag, given))
        message = self._message(tag, given)
        try:
            self._outbox.put(connection, message.payload, message.invalid)
        except InvalidEvent as error:
            return self.deliver(self._invalid(error, tag, {}))
        return self._written(message)

    async def aemit(self, tag: str, **given: Unpack[Call]) -> Receipt:
        """See `producer.aemit`."""
        connection = given.pop("connection", None)
        if connection is None:
            return await self.adeliver(self._message(tag, given))
        message = self._message(tag, given)
        try:
            await self._outbox.aput(connection, message.payload, message.invalid)
        except InvalidEvent as error:
            return await self.adeliver(self._invalid(error, tag, {}))
        return self._written(message)

    def prepare(self, tag: str, **given: Unpack[Given]) -> Message:
        """An event of now, checked as in `emit`, for another way than `emit`'s or for later.

        Raises:
            InvalidEvent: the call is wrong.
        """
        return self._message(tag, given)

    def deliver(self, message: Message) -> Receipt:
        """Record what `prepare` made.

        Raises:
            EventNotRecorded: it is `required`, and Redis did not take it.
        """
        return self._delivery.deliver(self._seal.numbered(message))

    async def adeliver(self, message: Message) -> Receipt:
        """The same, without blocking the event loop."""
        return await self._delivery.adeliver(self._seal.numbered(message))

    def send(self, event: Event) -> Receipt:
        """Record an event that was made elsewhere, with id and number: checked and delivered as by `emit`.

        Raises:
            InvalidEvent: no worker could store it.
            EventNotRecorded: it is `required`, and Redis did not take it.
        """
        message = self._made(event)
        return self._delivery.deliver(self._seal.signed(message)) if event.seq else self.deliver(message)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._delivery.close()

    def _written(self, message: Message) -> Receipt:
        outcome: Outcome = "outbox" if message.invalid is None else "quarantined"
        self._counting.count(message.tag, outcome)
        return Receipt(message.id, outcome)

    def _message(self, tag: str, given: Given) -> Message:
        if not ARGUMENTS.issuperset(given):
            unknown = ", ".join(sorted(given.keys() - ARGUMENTS))
            raise TypeError(f"an event has no {unknown}; expected {', '.join(sorted(ARGUMENTS))}")
        request = NOTHING
        try:
            request = request_of(given.get("request"), self._proxies)
            kind = self._kind(tag)
            now = datetime.now(UTC)
            event = self._without_secrets(event_of(kind, given, request, now), kind)
            return Message(event.id, kind.tag, encoded(event, kind, None), None, kind.delivery)
        except InvalidEvent as error:
            said = {name: value for name, value in given.items() if name != "request" and value is not None}
            return self._invalid(error, tag, asdict(request) | said)

    def _made(self, event: Event) -> Message:
        try:
            kind = self._kind(event.tag)
            event = replace(event, tag=kind.tag, user_agent=harmless(event.user_agent))
            event = self._without_secrets(event, kind)
            payload = encoded(event, kind, datetime.now(UTC))
            return Message(event.id, kind.tag, payload, None, kind.delivery)
        except InvalidEvent as error:
            return self._invalid(error, event.tag, asdict(event))

    def _without_secrets(self, event: Event, kind: EventType) -> Event:
        kept = self._secrets.checked(event.additional, kind.payload, kind.tag)
        return event if kept is event.additional else replace(event, additional=kept)

    def _kind(self, tag: str) -> EventType:
        if kind := self._known(tag):
            return kind
        closest = self.catalogue.closest(str(tag)[:MAX_TAG])
        hint = f"a tag of the catalogue, such as {closest}" if closest else "a tag of the catalogue"
        raise InvalidEvent("tag", f"no event type is called {shown(tag)}", hint)

    def _known(self, tag: object) -> EventType | None:
        return self.catalogue.get(tag) if isinstance(tag, str) else None

    def _invalid(self, error: InvalidEvent, tag: str, given: Mapping[str, Any]) -> Message:
        kind = self._known(tag)
        counted = kind.tag if kind else UNKNOWN
        if self._quarantines:
            declared = kind.payload if kind else ()
            payload = self._secrets.cleaned(given.get("additional"), declared, counted)
            return quarantined(error, counted, {**given, "additional": payload, "tag": tag})
        self._counting.count(counted, "invalid")
        raise error
