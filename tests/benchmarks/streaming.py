"""Filling the stream faster than anybody drains it."""

from __future__ import annotations

from collections.abc import Iterable

import redis

from .machine import STREAM

AT_ONCE = 1_000


def fill(client: redis.Redis, payloads: Iterable[bytes]) -> None:
    """Put payloads into the stream, a thousand a round trip."""
    pipeline = client.pipeline(transaction=False)
    for number, payload in enumerate(payloads, 1):
        pipeline.xadd(STREAM, {"e": payload})
        if number % AT_ONCE == 0:
            pipeline.execute()
    pipeline.execute()


def waiting(client: redis.Redis) -> int:
    """How many events are in the stream: those that are not yet acknowledged."""
    return int(client.xlen(STREAM))
