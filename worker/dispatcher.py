"""Starts drains and relays while there is something for them: a step of Celery's own consumer.

Runs on the worker's event loop, in the parent process, and does nothing there
but read the backlog and send tasks: they are ordinary tasks, so that time limits, `-c`,
autoscale and `celery inspect` work on them. No beat is needed.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from typing import Any

import redis
from celery import bootsteps
from celery.worker import state
from kombu.exceptions import OperationalError

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.spool.keeper import FileSpool
from trailkeeper.producer.stream_keys import admin_commands_key
from trailkeeper.producer.transports.shards import shards_of

from .backlog import Backlog, Backlogs
from .expiry import EXPIRES_SECONDS
from .outage import Outage
from .relay import OutboxPoller
from .running import Running, running, wanted
from .settings import WorkerSettings, settings
from .spooled import spool_of

logger = logging.getLogger(__name__)

QUEUE = "ingest"
TASK = "trailkeeper.drain"
RELAY_TASK = "trailkeeper.relay"
ADMIN_COMMANDS_TASK = "trailkeeper.run_admin_commands"
ADMIN_COMMANDS_SECONDS = 0.3
"""How often to check whether an admin sent a command."""

ANSWER_SECONDS = 0.5
"""The longest to wait for Redis: Celery's event loop waits as well."""

RECOVERY_SECONDS = 1.0
"""How often a drain is started when all that is left is pending, to take over what a dead one held."""


class Dispatcher(bootsteps.StartStopStep):  # type: ignore[misc]  # celery publishes no types
    """Reads the backlog of stream and outbox every `dispatch_ms`, and sends the tasks that are needed."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._client: redis.Redis
        self._backlogs: Backlogs
        self._poller: OutboxPoller
        self._spool: FileSpool | None = None
        self._closing = ExitStack()
        self._recovered = 0.0
        self._admin_commands_checked = 0.0
        self._is_first_tick = True
        self._outage = Outage(logger, "read the stream's backlog")

    def start(self, consumer: Any) -> None:
        """Begin to dispatch, if this worker takes drains."""
        if QUEUE not in consumer.app.amqp.queues.consume_from:
            return
        config, closing = settings(), self._closing
        if (spool := spool_of(config)) is not None:
            self._spool = spool
            closing.callback(spool.close)
        seconds = {"answer_seconds": ANSWER_SECONDS, "connect_seconds": ANSWER_SECONDS}
        self._backlogs = Backlogs(config, **seconds)
        closing.callback(self._backlogs.close)
        first = shards_of(config)[0]
        self._client = closing.enter_context(connect(first, **seconds))
        self._poller = OutboxPoller(config, most=config.batch_size * consumer.pool.num_processes)
        self._poller.start()
        closing.callback(self._poller.stop)
        timer = consumer.timer.call_repeatedly(config.dispatch_ms / 1000, self._tick, (consumer, config))
        closing.callback(timer.cancel)

    def stop(self, consumer: Any) -> None:  # noqa: ARG002 - the interface is Celery's
        """Stop dispatching; drains under way finish their batch."""
        self._closing.close()

    def _tick(self, consumer: Any, config: WorkerSettings) -> None:
        try:
            self._outage.note(self._dispatch(consumer, config))
            if self._spool is not None:
                self._spool.redis_answered()
        except (
            StreamUnavailable,
            OperationalError,
            *consumer.connection_errors,
            *consumer.channel_errors,
        ) as error:
            # the event loop must go on; what is in the stream waits for the next tick
            self._outage.note(error)

    def _dispatch(self, consumer: Any, config: WorkerSettings) -> StreamUnavailable | None:
        """Start what is needed; returns why one of several streams is away."""
        backlog, away = self._backlogs.read()
        for _ in range(self._number(backlog, consumer, config)):
            consumer.app.send_task(TASK, queue=QUEUE, expires=EXPIRES_SECONDS)
        for _ in range(self._relays(backlog, consumer, config)):
            consumer.app.send_task(RELAY_TASK, queue=QUEUE, expires=EXPIRES_SECONDS)
        if self._admin_commands_wait(config):
            consumer.app.send_task(ADMIN_COMMANDS_TASK, expires=EXPIRES_SECONDS)
        return away

    def _admin_commands_wait(self, config: WorkerSettings) -> bool:
        """Whether there is the hint; who removes it is the one who sends for it."""
        now = time.monotonic()
        if now - self._admin_commands_checked < ADMIN_COMMANDS_SECONDS:
            return False
        self._admin_commands_checked = now
        home = shards_of(config)[0]
        if self._backlogs.is_away(home.server):
            return False  # beat has them looked for, too
        with redis_translated():
            return bool(self._client.delete(admin_commands_key(home.key)))

    def _relays(self, backlog: Backlog, consumer: Any, config: WorkerSettings) -> int:
        waiting = self._poller.waiting()
        if not waiting:
            return 0
        number = wanted(
            backlog._replace(new=waiting),
            _in_hand(RELAY_TASK, consumer, config),
            slots=consumer.pool.num_processes,
            batch_size=config.batch_size,
        )
        if number:
            self._poller.forget()
        return number

    def _number(self, backlog: Backlog, consumer: Any, config: WorkerSettings) -> int:
        slots: int = consumer.pool.num_processes
        if self._is_first_tick:
            # each pool process takes over what its predecessor held, and is warm when the first event comes
            self._is_first_tick = False
            return slots
        if not backlog.new and not backlog.pending:
            return 0
        tasks = _in_hand(TASK, consumer, config)
        number = wanted(backlog, tasks, slots=slots, batch_size=config.batch_size)
        is_idle = not tasks.busy and not number and tasks.hung < slots
        return 1 if is_idle and self._recovery_is_due(backlog) else number

    def _recovery_is_due(self, backlog: Backlog) -> bool:
        now = time.monotonic()
        if backlog.paused or not backlog.pending or now - self._recovered < RECOVERY_SECONDS:
            return False
        self._recovered = now
        return True


def _in_hand(task: str, consumer: Any, config: WorkerSettings) -> Running:
    """Those of this worker, and those that were sent and that no worker has taken yet."""
    here = running(state.reserved_requests, task, time.time(), config.drain_seconds)
    return here._replace(busy=here.busy + _waiting(consumer))


def _waiting(consumer: Any) -> int:
    """Drains and relays that were sent and that no worker has taken yet."""
    return int(consumer.connection.default_channel.queue_declare(queue=QUEUE).message_count)
