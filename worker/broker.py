"""Kombu's transport for Redis, which rubbish in a queue does not stop.

Kombu lets an entry that is not JSON, or not a message, end the worker, and Celery keeps a slot of its pool
for one whose headers are wrong. Whoever may write to Redis could put them there. Here they are logged and
dropped: no event is in a Celery message, so nothing is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from queue import Empty
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import redis
from kombu import transport
from kombu.transport import redis as of_kombu

from trailkeeper.producer.redis_notes import MAX_SHOWN, is_garbage

logger = logging.getLogger(__name__)


TASK_QUEUES = frozenset({"ingest", "maintenance", "backfill"})

Text: TypeAlias = str | None
Limit: TypeAlias = Annotated[float, msgspec.Meta(ge=60)]
"""Seconds; a shorter one kills whoever begins the task. None is soft: what that raises could be anywhere."""

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
        return self._read(partial(parent._receive_one, connection))  # noqa: SLF001 - overridden here

    def _read(self, read: Callable[[], Any]) -> Any:
        """Read and deliver one message; what cannot be read counts as none."""
        try:
            return read()
        except Exception as error:
            if isinstance(error, (Empty, *self._away())):
                raise
            if is_garbage(error):
                self._remove_wrong_keys()
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
        """Remove keys of Celery's that are of another type; what was in them is lost already."""
        place_of: Any = self._q_for_pri
        with self.conn_or_acquire() as client:
            places = {
                place_of(queue, priority): client.llen
                for queue in self.active_queues
                for priority in self.priority_steps
            }
            places |= {self.unacked_key: client.hlen, self.unacked_index_key: _ordered(client)}
            for key, look in places.items():
                try:
                    look(key)
                except redis.ResponseError as error:
                    if is_garbage(error):
                        logger.warning("removed %s from Redis, which is none of Celery's: %s", key, error)
                        client.delete(key)


class TolerantTransport(of_kombu.Transport):
    """Kombu's own, with such channels."""

    Channel = TolerantChannel


class TolerantSentinelChannel(TolerantChannel, of_kombu.SentinelChannel):
    """Such a channel to the master that Sentinels name."""


class TolerantSentinelTransport(of_kombu.SentinelTransport):
    """Kombu's own, with such channels."""

    Channel = TolerantSentinelChannel


def _dropped(queue: str, error: Exception) -> None:
    why = ascii(f"{type(error).__name__}: {error}")[:MAX_SHOWN]
    logger.error("dropped a message of Celery's queue %s, which nobody can read: %s", queue, why)


def _ordered(client: Any) -> Callable[[str], Any]:
    def look(key: str) -> Any:
        return client.zrem(key, "none")  # one of the commands that kombu prefixes keys of

    return look


def use_tolerant_transport() -> None:
    """Have `redis://`, `rediss://` and `sentinel://` mean these, for every connection of this process."""
    for scheme in ("redis", "rediss"):
        transport.TRANSPORT_ALIASES[scheme] = f"{__name__}:{TolerantTransport.__name__}"
    transport.TRANSPORT_ALIASES["sentinel"] = f"{__name__}:{TolerantSentinelTransport.__name__}"
