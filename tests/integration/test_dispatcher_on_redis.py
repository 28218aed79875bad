"""How many drains the dispatcher starts for what is in a real stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from celery.worker import state

import trailkeeper.worker.settings
from tests.support.drains import STREAM, put
from trailkeeper.producer.stream_keys import admin_commands_key
from trailkeeper.worker.dispatcher import (
    ADMIN_COMMANDS_SECONDS,
    ADMIN_COMMANDS_TASK,
    QUEUE,
    RELAY_TASK,
    TASK,
    Dispatcher,
)
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.ingest import pause
from trailkeeper.worker.relay import OutboxPoller
from trailkeeper.worker.running import MARGIN_SECONDS
from trailkeeper.worker.settings import WorkerSettings

SLOTS = 3
BATCH = 10


class FakeConsumer:
    """What the dispatcher asks of Celery's consumer: a timer, a pool, a queue; remembers what was sent."""

    def __init__(self, *queues: str) -> None:
        self.sent: list[str] = []
        self.waiting = 0
        self.tick: Callable[[], None] | None = None
        self.interval: float | None = None
        self.dispatcher: Any = None
        self.connection_errors = self.channel_errors = ()
        self.pool = SimpleNamespace(num_processes=SLOTS)
        self.timer = SimpleNamespace(call_repeatedly=self._call_repeatedly)
        self.app = SimpleNamespace(
            send_task=self._send,
            amqp=SimpleNamespace(queues=SimpleNamespace(consume_from=dict.fromkeys(queues))),
        )
        self.connection = SimpleNamespace(default_channel=SimpleNamespace(queue_declare=self._queue))

    def looks(self) -> int:
        """Let it look once; how many drains it started."""
        before = len(self.sent)
        assert self.tick is not None
        self.tick()
        return len(self.sent) - before

    def _call_repeatedly(self, seconds: float, call: Any, arguments: Any) -> Any:
        self.interval, self.tick = seconds, lambda: call(*arguments)
        return SimpleNamespace(cancel=lambda: None)

    def _send(self, task: str, *, queue: str | None = None, expires: int) -> None:
        assert (queue, expires > 0) == (None if task == ADMIN_COMMANDS_TASK else QUEUE, True)
        self.sent.append(task)

    def _queue(self, queue: str) -> Any:
        assert queue == QUEUE
        return SimpleNamespace(message_count=self.waiting)


@pytest.fixture
def redis_url(either_redis_url: str) -> str:
    return either_redis_url


@pytest.fixture
def started(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeConsumer]:
    """The consumer of a worker whose dispatcher runs, and looked for the first time."""
    monkeypatch.setenv("TRAILKEEPER_REDIS_URL", redis_url)
    monkeypatch.setenv("TRAILKEEPER_BATCH_SIZE", str(BATCH))
    monkeypatch.setattr(OutboxPoller, "start", lambda _: None)  # there is no Postgres here
    trailkeeper.worker.settings.settings.cache_clear()
    consumer = FakeConsumer(QUEUE, "maintenance")
    dispatcher = consumer.dispatcher = Dispatcher(consumer)
    dispatcher.start(consumer)
    assert consumer.looks() == SLOTS
    yield consumer
    dispatcher.stop(consumer)
    trailkeeper.worker.settings.settings.cache_clear()


def test_it_looks_ten_times_a_second_and_starts_nothing_for_an_empty_stream(started: FakeConsumer) -> None:
    assert started.interval == 0.1
    assert started.looks() == 0


def test_one_drain_is_started_for_each_batch_and_no_more_than_there_are_processes(
    started: FakeConsumer, client: redis.Redis
) -> None:
    put(client, b"0")
    assert started.looks() == 1
    put(client, *[b"0"] * BATCH)
    assert started.looks() == 2
    put(client, *[b"0"] * 10 * BATCH)
    assert started.looks() == SLOTS
    assert set(started.sent) == {TASK}


def test_drains_that_wait_for_a_process_are_counted(started: FakeConsumer, client: redis.Redis) -> None:
    put(client, *[b"0"] * 10 * BATCH)
    started.waiting = SLOTS - 1
    assert started.looks() == 1
    started.waiting = SLOTS
    assert started.looks() == 0


def test_nothing_is_started_during_a_pause(started: FakeConsumer, client: redis.Redis) -> None:
    put(client, *[b"0"] * 10 * BATCH)
    pause.begin(client, STREAM, "store", "away")
    assert started.looks() == 0
    client.delete(f"{STREAM}:pause")
    assert started.looks() == SLOTS


def test_what_a_dead_drain_left_gets_one_drain_a_second(started: FakeConsumer, client: redis.Redis) -> None:
    put(client, *[b"0"] * 10 * BATCH)
    Stream(client, STREAM, "gone/1").read(1_000)
    assert [started.looks() for _ in range(3)] == [1, 0, 0]


def test_a_drain_that_hangs_holds_up_neither_what_is_new_nor_the_recovery_of_what_it_holds(
    started: FakeConsumer, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain = SimpleNamespace(name=TASK, time_start=time.time())
    monkeypatch.setattr(state, "reserved_requests", [drain])
    put(client, b"0")
    assert started.looks() == 0
    drain.time_start -= WorkerSettings().drain_seconds + 2 * MARGIN_SECONDS
    assert started.looks() == 1
    Stream(client, STREAM, "hung/1").read(1)
    assert [started.looks() for _ in range(2)] == [1, 0]


def test_nothing_is_started_where_every_process_hangs(
    started: FakeConsumer, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "reserved_requests", [SimpleNamespace(name=TASK, time_start=0.0)] * SLOTS)
    put(client, b"0", b"0")
    assert started.looks() == 0
    Stream(client, STREAM, "hung/1").read(2)
    assert started.looks() == 0


def test_a_server_that_is_away_is_said_once_and_looked_for_again(
    started: FakeConsumer, client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "trailkeeper.worker.dispatcher")
    client.set(STREAM, "no stream")
    assert [started.looks() for _ in range(3)] == [0, 0, 0]
    client.delete(STREAM)
    put(client, b"0")
    assert started.looks() == 1
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "cannot read the stream's backlog",
        "can read the stream's backlog again",
    ]


def test_what_is_seen_in_the_outbox_gets_relays_once(started: FakeConsumer, client: redis.Redis) -> None:
    watch = started.dispatcher._poller
    assert watch is not None
    watch._waiting = 2 * BATCH
    pause.begin(client, STREAM, "store", "away")
    assert started.looks() == 0
    client.delete(f"{STREAM}:pause")
    assert [started.looks() for _ in range(2)] == [2, 0]
    assert started.sent[-2:] == [RELAY_TASK] * 2


def test_what_an_admin_ordered_is_sent_for_once_and_a_third_of_a_second_after_the_last_look(
    started: FakeConsumer, client: redis.Redis
) -> None:
    client.set(admin_commands_key(STREAM), "1")
    assert started.looks() == 0
    started.dispatcher._admin_commands_checked -= ADMIN_COMMANDS_SECONDS
    assert started.looks() == 1
    started.dispatcher._admin_commands_checked -= ADMIN_COMMANDS_SECONDS
    assert started.looks() == 0
    assert started.sent[-1:] == [ADMIN_COMMANDS_TASK]
    assert client.exists(admin_commands_key(STREAM)) == 0


def test_a_worker_of_other_queues_does_not_look() -> None:
    consumer = FakeConsumer("backfill")
    Dispatcher(consumer).start(consumer)
    assert consumer.tick is None
