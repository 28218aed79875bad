"""Which rows a process is at, noted in Redis: only a process that dies leaves the note behind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import redis

from trailkeeper.models.outbox import Span
from trailkeeper.producer.stream_keys import minute_key, totals_key
from trailkeeper.worker.drain.stream import STATS_SECONDS, redis_translated


class Mark(NamedTuple):
    """Rows that a process was at, and how many processes in its place had died at them before."""

    span: Span
    deaths: int


class Marks:
    """The note of one pool slot, and the counts of what became of messages.

    Every method may raise StreamUnavailable.

    Args:
        client: of Redis.
        stream_key: of the stream, beside which notes and counts stand.
        consumer: stays the same when a pool process is replaced.
    """

    def __init__(self, client: redis.Redis, stream_key: str, consumer: str) -> None:
        self._client = client
        self._stream_key = stream_key
        self._key = f"{stream_key}:relays"
        self._consumer = consumer

    def left(self) -> Mark | None:
        """What whoever was in my place before me died at; None if it did not."""
        with redis_translated():
            found = self._client.hget(self._key, self._consumer)
        return msgspec.json.decode(found, type=Mark) if found else None

    def set(self, span: Span, deaths: int) -> None:
        """Note these rows, before they are looked at."""
        with redis_translated():
            self._client.hset(self._key, self._consumer, msgspec.json.encode(Mark(span, deaths)))

    def clear(self) -> None:
        """I am still here."""
        with redis_translated():
            self._client.hdel(self._key, self._consumer)

    def count(self, counts: Mapping[str, int], latencies: Mapping[str, int], *, clear: bool) -> None:
        """Count what was committed, as drains do, and take the note away."""
        minute, totals = minute_key(self._stream_key, datetime.now(UTC)), totals_key(self._stream_key)
        pipeline = self._client.pipeline(transaction=True)
        if clear:
            pipeline.hdel(self._key, self._consumer)
        for name, number in counts.items():
            pipeline.hincrby(minute, name, number)
        for name, number in {**counts, **latencies}.items():
            pipeline.hincrby(totals, name, number)
        pipeline.expire(minute, STATS_SECONDS)
        with redis_translated():
            pipeline.execute()
