"""Which rows a relay works on, noted in Redis: only a process that dies leaves its note behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import redis

from trailkeeper.models.outbox import Span
from trailkeeper.producer.redis_notes import mended, note_of
from trailkeeper.worker.ingest import stats


class MarkedBatch(NamedTuple):
    """Rows that a process worked on, and how many processes in its place had died on them before."""

    span: Span
    deaths: int


class BatchMarker:
    """The note of one pool slot, and the counts of messages by fate.

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

    def read(self) -> MarkedBatch | None:
        """What my predecessor in this slot died on; None if it did not."""
        return note_of(self._mended(lambda: self._client.hget(self._key, self._consumer)), MarkedBatch)

    def set(self, span: Span, deaths: int) -> None:
        """Note these rows, before they are judged."""
        note = msgspec.json.encode(MarkedBatch(span, deaths))
        self._mended(lambda: self._client.hset(self._key, self._consumer, note))

    def clear(self) -> None:
        """Remove the note: this process is still alive."""
        self._mended(lambda: self._client.hdel(self._key, self._consumer))

    def _mended(self, run: Callable[[], Any]) -> Any:
        return mended(self._client, run, self._key)

    def count(self, counts: Mapping[str, int], latencies: Mapping[str, int], *, clear: bool) -> None:
        """Count what was committed, as drains do, and take the note away."""
        pipeline = self._client.pipeline(transaction=True)
        if clear:
            pipeline.hdel(self._key, self._consumer)
        stats.count(self._client, pipeline, self._stream_key, counts, {**counts, **latencies})
