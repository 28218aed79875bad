"""Redis, for one look of the views at what stands beside the stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from trailkeeper.producer.redis_client import connect, redis_translated

from .settings import ViewsSettings

SECONDS = 2.0  # that Redis is waited for


@contextmanager
def connected(settings: ViewsSettings, seconds: float = SECONDS) -> Iterator[redis.Redis]:
    """A client for the block.

    Raises:
        StreamUnavailable: Redis did not answer in time, or with an error; also of what the block asks.
    """
    with (
        redis_translated(),
        connect(settings.redis_url, answer_seconds=seconds, connect_seconds=seconds) as client,
    ):
        yield client
