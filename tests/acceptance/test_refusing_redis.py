"""A Redis that answers and refuses: workers go on trying, as with one that is away, and log little."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from tests.support.drains import an_event, put, stored_ids
from tests.support.servers import serving, valkey
from tests.support.stacks import is_alive, pool_of, running
from tests.support.waiting import until
from trailkeeper.cli.embedded.stack import Stack

QUIET_BYTES = 8_000
LOOKED_AT_SECONDS = 6.0


def replicas_missing(admin: Any, *, refuses: bool) -> None:
    admin.config_set("min-replicas-to-write", int(refuses))


def a_replica(admin: Any, *, refuses: bool) -> None:
    admin.execute_command("REPLICAOF", *(("127.0.0.1", "1") if refuses else ("NO", "ONE")))


def no_permission_to(*commands: str) -> Callable[..., None]:
    def change(admin: Any, *, refuses: bool) -> None:
        sign = "-" if refuses else "+"
        admin.execute_command("ACL", "SETUSER", "default", *(sign + command for command in commands))

    return change


REFUSING: dict[str, Callable[..., None]] = {
    "replicas missing": replicas_missing,
    "a replica": a_replica,
    "no permission to take": no_permission_to("brpop"),
}


def lose_connections(admin: Any) -> None:
    admin.execute_command("CLIENT", "KILL", "TYPE", "normal")


def log_of(stack: Stack) -> Path:
    return stack.home / "logs" / "worker.log"


def stores(stack: Stack, admin: redis.Redis) -> None:
    event = an_event()
    put(admin, event)
    until(lambda: event.id in stored_ids(stack.database_url), what="it is stored")


@pytest.fixture(scope="module")
def stack(services_folder: Path) -> Any:
    folder = services_folder / "refusing"
    with serving(valkey(folder / "redis")) as server, running(folder, redis_url=server.url) as found:
        yield found


@pytest.mark.parametrize(
    ("how", "while_connecting"),
    [("no permission to take", False), ("replicas missing", True), ("a replica", True)],
)
def test_a_worker_outlives_it_that_redis_refuses_and_says_little(
    stack: Stack, how: str, while_connecting: bool
) -> None:
    assert stack.worker_pid is not None
    worker, log = psutil.Process(stack.worker_pid), log_of(stack)
    with redis.Redis.from_url(stack.redis_url) as admin:
        stores(stack, admin)
        size, used = log.stat().st_size, worker.cpu_times().user
        REFUSING[how](admin, refuses=True)
        try:
            if while_connecting:
                lose_connections(admin)
            began = time.monotonic()
            with contextlib.suppress(AssertionError):
                until(lambda: not is_alive(worker), LOOKED_AT_SECONDS, "it has ended")
            said, cpu = log.stat().st_size - size, worker.cpu_times().user - used
        finally:
            REFUSING[how](admin, refuses=False)
        assert is_alive(worker), log.read_text()[-5_000:]
        assert time.monotonic() - began >= LOOKED_AT_SECONDS
        assert "which nobody can read" not in log.read_text()
        assert (said < QUIET_BYTES, cpu < LOOKED_AT_SECONDS / 4) == (True, True), log.read_text()[-said:]
        stores(stack, admin)
    assert stack.worker_pid == worker.pid


def test_a_worker_that_begins_while_redis_refuses_stores_once_it_does_not(stack: Stack) -> None:
    assert stack.worker_pid is not None
    before = psutil.Process(stack.worker_pid)
    with redis.Redis.from_url(stack.redis_url) as admin:
        replicas_missing(admin, refuses=True)
        try:
            before.kill()
            until(
                lambda: stack.worker_pid not in {None, before.pid} and pool_of(stack), what="another begins"
            )
            size = log_of(stack).stat().st_size
            until(lambda: b"NOREPLICAS" in log_of(stack).read_bytes()[size:], what="it was refused")
            assert stack.worker_pid is not None
            worker = psutil.Process(stack.worker_pid)
        finally:
            replicas_missing(admin, refuses=False)
        stores(stack, admin)
    assert is_alive(worker)
