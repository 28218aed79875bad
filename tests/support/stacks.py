"""A running stack for acceptance tests, and watching it until it has nothing left to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import redis

from tests.support.drains import STREAM, query
from tests.support.waiting import until
from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.producer.stream_keys import GROUP


@contextmanager
def running(
    home: Path,
    environment: Mapping[str, str] | None = None,
    *,
    database_url: str | None = None,
    redis_url: str | None = None,
) -> Iterator[Stack]:
    """The stack with two pool processes, up and its worker answering; embedded but for what is given."""
    with Stack(
        home,
        concurrency=2,
        database_url=database_url,
        redis_url=redis_url,
        environment={"TRAILKEEPER_LEASE_SECONDS": "2", **(environment or {})},
        with_views=False,
    ) as stack:
        until(lambda: bool(pool_of(stack)), 60, "the worker has a pool")
        yield stack


def pool_of(stack: Stack) -> list[psutil.Process]:
    """The worker's pool processes that live; a killed one stays a while, until its parent notices."""
    if stack.worker_pid is None:
        return []
    try:
        return [process for process in psutil.Process(stack.worker_pid).children() if is_alive(process)]
    except psutil.NoSuchProcess:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Whether it is there, and more than what its parent has not asked for yet."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_drained(stack: Stack) -> bool:
    """Whether the stream holds nothing, given out or not."""
    try:
        with redis.Redis.from_url(stack.redis_url, socket_timeout=2) as client:
            return client.xlen(STREAM) == 0 and not client.xpending(STREAM, GROUP)["pending"]
    except redis.RedisError:
        return False


def dead_letters(stack: Stack) -> dict[str, int]:
    """How many dead letters there are, by reason."""
    rows = query(stack.database_url, "SELECT reason, count(*) AS n FROM dead_letters GROUP BY reason")
    return {row["reason"]: row["n"] for row in rows}
