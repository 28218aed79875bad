"""What each user of docs/redis.acl can do, and what it cannot, on both kinds of server."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.support.acl import users
from tests.support.drains import STREAM, entries, query, settings_for
from tests.support.emitting import CATALOGUE, SPOOLED
from tests.support.waiting import until
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.stream_metrics import stream_metrics
from trailkeeper.worker.control import queues_by_worker
from trailkeeper.worker.upkeep import renew

APP, WORKER, VIEWS = "trailkeeper-app", "trailkeeper-worker", "trailkeeper-views"

READING: list[tuple[Any, ...]] = [
    ("XRANGE", STREAM, "-", "+"),
    ("XREAD", "STREAMS", STREAM, "0"),
    ("XREADGROUP", "GROUP", "drain", "x", "STREAMS", STREAM, ">"),
    ("XLEN", STREAM),
    ("XINFO", "STREAM", STREAM),
    ("DUMP", STREAM),
    ("COPY", STREAM, "trailkeeper:mine"),
]
REMOVING: list[tuple[Any, ...]] = [
    ("XDEL", STREAM, "1-1"),
    ("XTRIM", STREAM, "MAXLEN", "0"),
    ("XACK", STREAM, "drain", "1-1"),
    ("XGROUP", "DESTROY", STREAM, "drain"),
    ("XSETID", STREAM, "9-9"),
    ("DEL", STREAM),
    ("UNLINK", STREAM),
    ("EXPIRE", STREAM, "1"),
    ("RENAME", STREAM, "trailkeeper:mine"),
    ("SET", STREAM, "x"),
    ("RESTORE", STREAM, "0", "x", "REPLACE"),
]
RULING: list[tuple[Any, ...]] = [
    ("FLUSHALL",),
    ("CONFIG", "GET", "requirepass"),
    ("CONFIG", "SET", "maxmemory", "1"),
    ("ACL", "LIST"),
    ("KEYS", "*"),
    ("CLIENT", "LIST"),
    ("SHUTDOWN", "NOSAVE"),
    ("REPLICAOF", "attacker.example", "6379"),
    ("MONITOR",),
    ("MODULE", "LIST"),
]
ELSEWHERE: list[tuple[Any, ...]] = [
    ("XADD", "another:stream", "*", "e", "x"),
    ("PUBLISH", "another", "x"),
    ("GET", "another:key"),
]


@pytest.fixture
def redis_url(either_redis_url: str) -> str:
    with redis.Redis.from_url(either_redis_url) as client:
        client.xadd(STREAM, {"e": b"{}"})
        client.set("another:key", "secret")
    return either_redis_url


def forbidden(url: str, commands: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Those of the commands that are refused to whoever the URL names."""
    found = []
    with redis.Redis.from_url(url) as client:
        caller: Any = client
        for command in commands:
            try:
                caller.execute_command(*command)
            except redis.exceptions.NoPermissionError:
                found.append(command)
            except redis.ResponseError:
                continue
    return found


def emitted(url: str) -> list[str]:
    emitter = Emitter(ProducerSettings(redis_url=url, emit_budget_ms=5_000, spool="off"), catalogue=CATALOGUE)
    outcomes = [emitter.emit(SPOOLED).outcome, asyncio.run(_awaited(emitter))]
    emitter.close()
    return outcomes


async def _awaited(emitter: Emitter) -> str:
    return (await emitter.aemit(SPOOLED)).outcome


def test_an_application_adds_events_and_can_neither_read_nor_remove_any(redis_url: str) -> None:
    with users(redis_url) as urls:
        assert emitted(urls[APP]) == ["stream", "stream"]
        commands = READING + REMOVING + RULING + ELSEWHERE
        assert forbidden(urls[APP], commands) == commands
    assert len(entries(redis_url)) == 3


def test_the_views_read_how_the_stream_is_and_remove_nothing(redis_url: str) -> None:
    with users(redis_url) as urls:
        names = {metric.name for metric in stream_metrics(ViewsSettings(redis_url=urls[VIEWS]))}
        assert "trailkeeper_backlog" in names
        assert emitted(urls[VIEWS]) == ["stream", "stream"]
        commands = REMOVING + RULING + ELSEWHERE
        assert forbidden(urls[VIEWS], commands) == commands
        with redis.Redis.from_url(urls[VIEWS]) as client:
            assert client.set(f"{STREAM}:admin_commands", "1")  # the hint that an order waits
    assert len(entries(redis_url)) == 3


def test_a_worker_does_its_work_and_rules_nothing(redis_url: str, database_url: str, tmp_path: Path) -> None:
    with users(redis_url) as urls, a_worker(urls[WORKER], database_url, tmp_path):
        settings = settings_for(urls[WORKER], database_url)
        until(lambda: bool(queues_by_worker(settings, 0.5)), 60, "the worker answers over Celery's channels")
        assert emit_a_login(urls[APP]) == "stream"
        stored = "SELECT count(*) AS n FROM events WHERE scope = 'user'"
        until(lambda: query(database_url, stored)[0]["n"] == 1, 60, "the worker stores the event")
        until(lambda: entries(redis_url) == [], 10, "the worker removes it from the stream")
        with redis.Redis.from_url(urls[APP]) as application, redis.Redis.from_url(urls[WORKER]) as worker:
            application.xadd(STREAM, {"e": b"{}"}, id=f"{2**64 - 1}-{2**64 - 1}")
            until(lambda: renew(worker, STREAM), 10, "the worker begins a used up stream anew")
        commands = [*RULING, *(command for command in ELSEWHERE if command[0] != "PUBLISH")]
        assert forbidden(urls[WORKER], commands) == commands
        with redis.Redis.from_url(redis_url) as client:
            log: Any = client.execute_command("ACL", "LOG")
    asked = {str(entry) for entry in log if b"trailkeeper-worker" in bytes(str(entry), "utf-8")}
    assert len(asked) <= len(commands), "the worker was refused something"


def emit_a_login(url: str) -> str:
    emitter = Emitter(ProducerSettings(redis_url=url, emit_budget_ms=5_000, spool="off"))
    outcome = emitter.emit("account:login:success", user="u1").outcome
    emitter.close()
    return outcome


@contextmanager
def a_worker(redis_url: str, database_url: str, folder: Path) -> Iterator[None]:
    """A worker in a process of its own, and a beat within it."""
    environment = os.environ | {
        "TRAILKEEPER_REDIS_URL": redis_url,
        "TRAILKEEPER_DATABASE_URL": database_url,
        "TRAILKEEPER_SPOOL": "off",
        "PYTHONPATH": os.pathsep.join(["." if path == "" else path for path in sys.path]),
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "trailkeeper.worker",
        "worker",
        "-c",
        "1",
        "-l",
        "WARNING",
    ]
    command += ["-Q", "ingest,maintenance,backfill", "-B", "-s", str(folder / "schedule")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield
        assert "NOPERM" not in (folder / "log").read_text()
        assert "permission" not in (folder / "log").read_text()
    finally:
        process.terminate()
        process.wait(30)
