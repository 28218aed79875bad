"""Filling the stream faster than anybody drains it."""

from __future__ import annotations

from collections.abc import Iterable

import redis

from .machine import STREAM
from .timing import until

AT_ONCE = 1_000


def fill(client: redis.Redis, payloads: Iterable[bytes]) -> None:
    """Put payloads into the stream, a thousand a round trip."""
    pipeline = client.pipeline(transaction=False)
    for number, payload in enumerate(payloads, 1):
        pipeline.xadd(STREAM, {"e": payload})
        if number % AT_ONCE == 0:
            pipeline.execute()
    pipeline.execute()


def settle(client: redis.Redis) -> None:
    """Let Redis write its append-only file anew now, as after so large a filling it soon would by itself.

    Who is measured next does not pay for what was filled in before, as with Postgres' CHECKPOINT.
    """
    until(lambda: not _rewrites(client), "the append-only file is as it is")
    client.bgrewriteaof()
    until(lambda: not _rewrites(client), "the append-only file is written anew")


def _rewrites(client: redis.Redis) -> bool:
    found = client.info("persistence")
    return bool(found["aof_rewrite_in_progress"] or found["aof_rewrite_scheduled"])


def waiting(client: redis.Redis) -> int:
    """How many events are in the stream: those that are not yet acknowledged."""
    return int(client.xlen(STREAM))
