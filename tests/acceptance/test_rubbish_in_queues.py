"""Rubbish in Celery's own queues stops no worker: it is logged and dropped, and events go on being stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
import redis

from tests.support.drains import an_event, put, settings_for, stored_ids
from tests.support.stacks import is_alive, is_drained, pool_of, running
from tests.support.waiting import until
from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.worker.control import queues_by_worker

PROPERTIES = ("delivery_mode", "delivery_info", "priority", "body_encoding", "delivery_tag")
PREFIX = "trailkeeper:celery:"
SEPARATOR = b"\x06\x16"
QUEUES = ("ingest", "maintenance", "backfill")


def message(body: Any = "W1tdLCB7fSwge31d", **changes: Any) -> dict[str, Any]:
    """A message as kombu writes it: `[[], {}, {}]` for the task of the drain, or what is asked for."""
    headers = {"lang": "py", "task": "trailkeeper.drain", "id": str(uuid4()), "root_id": None}
    properties: dict[str, Any] = {
        "delivery_mode": 2,
        "delivery_info": {"exchange": "trailkeeper", "routing_key": "ingest"},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid4()),
    }
    return {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers | changes.pop("headers", {}),
        "properties": properties | changes.pop("properties", {}),
        **changes,
    }


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in message().items() if key != name}


WRONG_VALUES: list[Any] = [None, 7, [], "x", {}, 1e308]
WRONG_TASKS: list[Any] = ["no.such.task", None, 7, [], {}, "celery.chord"]
WRONG_LIMITS: list[Any] = [[1e-9, 1e-9], [None], 7, ["x", "y"], [-1, None]]
SHAPES: list[Any] = [
    None, True, 7, [], {}, "text", {"properties": None}, {"properties": {}}, {"properties": []},
    *(without(name) for name in message()),
    *(message() | {name: value} for name in message() for value in WRONG_VALUES),
    *(message(properties={name: value}) for name in PROPERTIES for value in WRONG_VALUES),
    *(message(headers={"task": value}) for value in WRONG_TASKS),
    *(message(headers={name: "rubbish"}) for name in ("eta", "expires", "timelimit", "retries", "argsrepr")),
    *(message(headers={name: []}) for name in ("eta", "expires", "timelimit", "retries", "id")),
    *(message(headers={"timelimit": value}) for value in WRONG_LIMITS),
    message(body="%%%"), message(body="AAAA"), message(body="bnVsbA=="), message(body="eyJhIjogMX0="),
    message(**{"content-type": "application/x-python-serialize"}), message(**{"content-encoding": "no-such"}),
    {"__type__": "uuid", "__value__": "no uuid"}, {"__type__": "datetime", "__value__": []},
]  # fmt: skip
"""What is JSON and no message, or a message that no worker can carry out."""

RAW = [b"", b"rubbish", b"\xff\xfe\x00", b"{", b"[" * 100_000, b"9" * 5_000, b'{"a":' * 50_000]


@pytest.fixture(scope="module")
def stack(services_folder: Path) -> Any:
    with running(services_folder / "rubbish") as found:
        yield found


def stores_on(stack: Stack, client: redis.Redis) -> None:
    """The same worker stores what comes now."""
    events = [an_event() for _ in range(5)]
    put(client, *events)
    until(lambda: is_drained(stack), 60, "the stream is empty")
    assert {event.id for event in events} <= set(stored_ids(stack.database_url))


def test_entries_that_are_no_messages_are_dropped_and_the_same_worker_goes_on(stack: Stack) -> None:
    worker = psutil.Process(stack.worker_pid)
    with redis.Redis.from_url(stack.redis_url) as client:
        stores_on(stack, client)
        for entry in [*RAW, *(json.dumps(shape).encode() for shape in SHAPES)]:
            for queue in QUEUES:
                client.lpush(f"{PREFIX}{queue}", entry)
            client.publish(f"{PREFIX}/0.celery.pidbox", entry)
        until(lambda: not any(client.llen(f"{PREFIX}{queue}") for queue in QUEUES), 60, "queues are empty")
        stores_on(stack, client)
    assert is_alive(worker), (stack.home / "logs" / "worker.log").read_text()[-20_000:]
    assert "nobody can read" in (stack.home / "logs" / "worker.log").read_text()


WRONG: dict[str, Callable[[redis.Redis, str], Any]] = {
    "text": lambda client, key: client.set(key, "rubbish"),
    "set": lambda client, key: client.sadd(key, "rubbish"),
    "list": lambda client, key: client.rpush(key, "rubbish"),
}


KEYS = [
    *QUEUES,
    *("unacked", "unacked_index", "unacked_mutex"),
    "_kombu.binding_deadlines",
    *(f"_kombu.binding{of}.{name}" for of in ("", "_permanent") for name in ("trailkeeper", "celery.pidbox")),
    *(f"_kombu.binding{of}.reply.celery.pidbox" for of in ("", "_permanent")),
]


def wrong(client: redis.Redis, key: str) -> None:
    """Give a key a type that Celery never gives it."""
    client.delete(f"{PREFIX}{key}")
    client.xadd(f"{PREFIX}{key}", {"rubbish": "rubbish"})


def are_mended(client: redis.Redis) -> bool:
    return not [key for key in KEYS if client.type(f"{PREFIX}{key}") == b"stream"]


def test_a_worker_starts_and_answers_whatever_its_keys_hold(stack: Stack) -> None:
    before = psutil.Process(stack.worker_pid)
    with redis.Redis.from_url(stack.redis_url) as client:
        before.terminate()
        before.wait(20)
        for key in KEYS:
            wrong(client, key)
        until(lambda: stack.worker_pid not in {None, before.pid} and pool_of(stack), 60, "another begins")
        stores_on(stack, client)
        worker = psutil.Process(stack.worker_pid)
        config = settings_for(stack.redis_url, stack.database_url)
        assert queues_by_worker(config)
        until(lambda: are_mended(client), 60, "all are removed")
        assert is_alive(worker)


def test_a_worker_survives_it_that_its_bindings_become_something_else(stack: Stack) -> None:
    worker = psutil.Process(stack.worker_pid)
    with redis.Redis.from_url(stack.redis_url) as client:
        for key in KEYS:
            wrong(client, key)
        client.client_kill_filter(_type="normal", skipme=True)
        stores_on(stack, client)
        for member in (b"rubbish", b"", b"\xff", SEPARATOR.join([b"ingest", b"", b"elsewhere"])):
            client.sadd(f"{PREFIX}_kombu.binding.trailkeeper", member)
        stores_on(stack, client)
        assert not client.exists(f"{PREFIX}elsewhere")
    assert is_alive(worker)


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("key", [*QUEUES, "unacked", "unacked_index"])
def test_a_key_of_celery_that_holds_something_else_is_removed(stack: Stack, key: str, kind: str) -> None:
    worker = psutil.Process(stack.worker_pid)
    with redis.Redis.from_url(stack.redis_url) as client:
        client.delete(f"{PREFIX}{key}")
        WRONG[kind](client, f"{PREFIX}{key}")
        stores_on(stack, client)
    assert is_alive(worker)
