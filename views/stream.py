"""Redis, for one look of the views at what stands beside the stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from trailkeeper.producer.transports.redis_errors import translated

from .settings import ViewsSettings

SECONDS = 2.0  # that Redis is waited for


@contextmanager
def connected(settings: ViewsSettings, seconds: float = SECONDS) -> Iterator[redis.Redis]:
    """A client for the block.

    Raises:
        StreamUnavailable: Redis did not answer in time, or with an error; also of what the block asks.
    """
    with (
        translated("the address of TRAILKEEPER_REDIS_URL"),
        redis.Redis.from_url(
            settings.redis_url,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        ) as client,
    ):
        yield client
