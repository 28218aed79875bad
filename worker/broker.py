"""Kombu's transport for Redis, which rubbish in a queue does not stop.

Kombu lets an entry that is not JSON, or not a message, end the worker, and Celery keeps a slot of its pool
for one whose headers are wrong. Whoever may write to Redis could put them there. Here they are logged and
dropped: no event is in a Celery message, so nothing is lost. What Redis refuses is no rubbish: see
`broker_refusals`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from queue import Empty
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import redis
from kombu import transport
from kombu.transport import redis as of_kombu

from trailkeeper.producer.redis_notes import MAX_SHOWN, is_garbage

from .broker_keys import MendingRedis, remove_wrong
from .broker_refusals import refusals

logger = logging.getLogger(__name__)


TASK_QUEUES = frozenset({"ingest", "maintenance", "backfill"})
TASK_EXCHANGE = "trailkeeper"

Text: TypeAlias = str | None
Limit: TypeAlias = Annotated[float, msgspec.Meta(ge=60)]
"""Seconds; a shorter one kills whoever begins the task. None is soft: what that raises could be anywhere."""

ASKING_KEY, ASKING_SECONDS = "asking", 0.001
"""With which Redis is asked whether it still refuses; 0 would be for ever."""

KEYS = {"content_type": "content-type", "content_encoding": "content-encoding"}


def is_known(scheme: str) -> bool:
    """Whether Kombu has a broker whose URLs begin so."""
    return scheme in transport.TRANSPORT_ALIASES


class _TaskHeaders(msgspec.Struct):
    """What Celery reads of a message before it has a task, of the types that it writes."""

    task: str
    id: str
    root_id: Text = None
    parent_id: Text = None
    group: Text = None
    group_index: int | None = None
    eta: datetime | None = None
    expires: datetime | None = None
    retries: int | None = None
    timelimit: tuple[Limit | None, None] | None = None
    argsrepr: Text = None
    kwargsrepr: Text = None
    origin: Text = None
    shadow: Text = None
    ignore_result: bool | None = None
    replaced_task_nesting: int | None = None
    stamped_headers: list[str] | None = None
    stamps: dict[str, Any] | None = None


class _DeliveryInfo(msgspec.Struct):
    exchange: str
    routing_key: str


class _Properties(msgspec.Struct):
    delivery_tag: str
    delivery_info: _DeliveryInfo
    body_encoding: Literal["base64"]
    priority: int | None = None
    correlation_id: Text = None
    reply_to: Text = None


class _TaskMessage(msgspec.Struct, rename=KEYS):
    """A message of a queue of tasks, as our own senders write it."""

    body: bytes
    headers: _TaskHeaders
    properties: _Properties
    content_type: Literal["application/json"]
    content_encoding: Literal["utf-8"]


_body = msgspec.json.Decoder(tuple[list[Any], dict[str, Any], dict[str, Any] | None])


def assert_task(raw: object) -> None:
    """Raise `ValueError` unless an entry is a message that Celery makes a task of, known or not."""
    message = msgspec.convert(raw, _TaskMessage)
    _body.decode(message.body)  # convert has taken the text for Base64


class TolerantQoS(of_kombu.QoS):
    """What workers have taken and not acknowledged; of that, what nobody can read is dropped."""

    def restore_visible(self, *args: Any, **options: Any) -> Any:
        """Put back what workers took that are gone."""
        # of another type, the lock would count as held by somebody, for ever
        self.channel.remove_wrong_keys(self.unacked_mutex_key)
        parent: Any = super()
        return parent.restore_visible(*args, **options)

    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:
        """Put a message back into its queue, when the worker that took it is gone."""
        parent: Any = super()
        try:
            parent.restore_by_tag(tag, client, leftmost)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            _dropped("unacked", error)
            with self.channel.conn_or_acquire(client) as connected, connected.pipeline() as pipeline:
                self._remove_from_indices(tag, pipeline).execute()  # type: ignore[no-untyped-call]


class TolerantChannel(of_kombu.Channel):
    """A channel that drops what it cannot read, and removes keys that another type has taken."""

    QoS = TolerantQoS

    def _get_client(self) -> Any:
        parent: Any = super()
        # without a prefix nobody could tell keys from values
        prefix = self.global_keyprefix
        return partial(MendingRedis, global_keyprefix=prefix) if prefix else parent._get_client()  # noqa: SLF001 - as below

    def _queue_bind(self, exchange: str, *args: Any) -> Any:
        # of a queue that expires, not all of them are written, and so not all would be mended
        of_exchange = (self.keyprefix_queue, self.keyprefix_binding_permanent)
        self.remove_wrong_keys(self.keyprefix_binding_deadlines, *(key % exchange for key in of_exchange))
        parent: Any = super()
        return parent._queue_bind(exchange, *args)  # noqa: SLF001 - overridden here

    def get_table(self, exchange: str) -> list[tuple[str, ...]]:
        """Which queues an exchange feeds: those that this process bound, whatever Redis says, and others."""
        key = self.keyprefix_queue % exchange
        with self.conn_or_acquire() as client:
            rows = {
                member: tuple(member.decode(errors="replace").split(self.sep))
                for member in client.smembers(key)
            }
            for member in [member for member, row in rows.items() if not _is_binding(exchange, row)]:
                logger.warning("removed from %s of Redis: %.*r binds no queue", key, MAX_SHOWN, rows[member])
                client.srem(key, member)
                del rows[member]
        return list({*rows.values(), *self._bound_here(exchange)})

    def _bound_here(self, exchange: str) -> Iterator[tuple[str, ...]]:
        kind: Any = self.typeof
        for (queue, bound, routing_key), arguments in list(self.state.bindings.items()):
            if bound == exchange:
                key, pattern, _ = kind(exchange).prepare_bind(queue, exchange, routing_key, arguments)
                yield key or "", pattern or "", queue

    def basic_consume(self, queue: str, *args: Any, **options: Any) -> Any:
        """Consume from a queue."""
        parent: Any = super()
        tag = parent.basic_consume(queue, *args, **options)
        callbacks = self.connection._callbacks  # noqa: SLF001 - where its parent keeps them
        callbacks[queue] = partial(self._deliver_or_drop, queue, callbacks[queue])
        return tag

    def _deliver_or_drop(self, queue: str, deliver: Callable[[Any], Any], raw: Any) -> Any:
        for is_last in (False, True):
            try:
                if queue in TASK_QUEUES:
                    assert_task(raw)
                return deliver(raw)
            except Exception as error:
                if isinstance(error, self._away()):
                    raise
                if not is_last and is_garbage(error):
                    self._remove_wrong_keys()
                    continue
                _dropped(queue, error)
                self._forget(raw)
                return None
        return None

    def _brpop_read(self, **options: Any) -> Any:
        parent: Any = super()
        return self._read(partial(parent._brpop_read, **options))  # noqa: SLF001 - overridden here

    def _receive_one(self, connection: Any) -> Any:
        parent: Any = super()
        try:
            return self._read(partial(parent._receive_one, connection))  # noqa: SLF001 - overridden here
        except redis.ResponseError as error:
            logger.warning("Redis lets nobody ask this worker anything: %s", error)
            raise Empty from error

    def _read(self, read: Callable[[], Any]) -> Any:
        """Read and deliver one message; what cannot be read counts as none."""
        try:
            return read()
        except Exception as error:
            if is_garbage(error):
                self._remove_wrong_keys()
            elif isinstance(error, (Empty, redis.RedisError, *self._away())):
                raise
            else:
                _dropped("?", error)
            raise Empty from error

    def _away(self) -> tuple[type[BaseException], ...]:
        """What means that Redis is away. Kombu counts KeyError among it, which rubbish raises as well."""
        return tuple(kind for kind in self.connection_errors if kind is not KeyError)

    def _forget(self, raw: Any) -> None:
        """Acknowledge a message that was dropped, or it would come again and count as being worked on."""
        try:
            tag = raw["properties"]["delivery_tag"]
            if tag in self.qos._delivered:  # noqa: SLF001 - what is not yet acknowledged
                self.basic_ack(tag)  # type: ignore[no-untyped-call]
        except (TypeError, KeyError):
            return

    def _remove_wrong_keys(self) -> None:
        place_of: Any = self._q_for_pri
        self.remove_wrong_keys(
            *(place_of(queue, step) for queue in self.active_queues for step in self.priority_steps),
            self.unacked_key,
            self.unacked_index_key,
        )

    def remove_wrong_keys(self, *names: str) -> None:
        """Remove those keys of Celery's that are of another type; what was in them is lost already."""
        prefix = self.global_keyprefix
        remove_wrong(self.pool, prefix, [f"{prefix}{name}" for name in names])

    def ask(self) -> None:
        """Run commands of the kinds that Celery does: one that adds something, and one that takes it.

        Raises:
            BrokerRefused: Redis refuses one of them.
        """
        with self.conn_or_acquire() as client:
            client.set(ASKING_KEY, "", px=1_000)
            client.brpop(f"{ASKING_KEY}.queue", timeout=ASKING_SECONDS)


class TolerantPoller(of_kombu.MultiChannelPoller):
    """Kombu's own, which says of what Redis refuses that the connection is no good."""

    def on_poll_start(self) -> None:
        """Ask for messages."""
        parent: Any = super()
        with refusals.translated():
            parent.on_poll_start()

    def on_readable(self, fileno: int) -> Any:
        """Read an answer."""
        parent: Any = super()
        with refusals.translated():
            return parent.on_readable(fileno)


class _Asking(of_kombu.Transport):
    """A transport that connects to no server that refuses what it refused before."""

    def __init__(self, *args: Any, **options: Any) -> None:
        parent: Any = super()
        parent.__init__(*args, **options)
        poller: Any = TolerantPoller
        self.cycle = poller()

    def establish_connection(self) -> Any:
        """Connect; after a refusal, find out whether it is over."""
        transport: Any = super()
        with refusals.translated():
            connection = transport.establish_connection()
            try:
                refusals.ask(self._avail_channels[-1].ask)
            except BaseException:
                transport.close_connection(connection)
                raise
        return connection


class TolerantTransport(_Asking):
    """Kombu's own, with such channels."""

    Channel = TolerantChannel


class TolerantSentinelChannel(TolerantChannel, of_kombu.SentinelChannel):
    """Such a channel to the master that Sentinels name."""


class TolerantSentinelTransport(_Asking, of_kombu.SentinelTransport):
    """Kombu's own, with such channels."""

    Channel = TolerantSentinelChannel


def _dropped(queue: str, error: Exception) -> None:
    why = ascii(f"{type(error).__name__}: {error}")[:MAX_SHOWN]
    logger.error("dropped a message of Celery's queue %s, which nobody can read: %s", queue, why)


def _is_binding(exchange: str, row: Sequence[str]) -> bool:
    """Whether a row is one; of tasks, whether it is one of ours: another queue would grow for ever."""
    if len(row) != 3:  # noqa: PLR2004 - routing key, pattern, queue
        return False
    return exchange != TASK_EXCHANGE or (row[2] in TASK_QUEUES and row[0] == row[2])


def use_tolerant_transport() -> None:
    """Have `redis://`, `rediss://` and `sentinel://` mean these, for every connection of this process."""
    for scheme in ("redis", "rediss"):
        transport.TRANSPORT_ALIASES[scheme] = f"{__name__}:{TolerantTransport.__name__}"
    transport.TRANSPORT_ALIASES["sentinel"] = f"{__name__}:{TolerantSentinelTransport.__name__}"
