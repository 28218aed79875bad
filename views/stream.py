"""Redis, for one look of the views at what stands beside the stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.transports.shards import shards_of

from .settings import ViewsSettings

SECONDS = 2.0  # that Redis is waited for


@contextmanager
def connected(settings: ViewsSettings, seconds: float = SECONDS) -> Iterator[tuple[redis.Redis, str]]:
    """A client of the first stream and its key, for the block.

    Raises:
        StreamUnavailable: Redis did not answer in time, or with an error; also of what the block asks.
    """
    first = shards_of(settings)[0]
    with (
        redis_translated(),
        connect(first, answer_seconds=seconds, connect_seconds=seconds) as client,
    ):
        yield client, first.key
