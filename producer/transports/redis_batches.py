"""Appends many messages at once to the stream: for what waited in the spool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import redis
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from .redis_errors import RefusedError, translated

CONNECT_SECONDS = 2.0


class RedisBatches:
    """A connection for batches, opened by the first one.

    Args:
        url: of the server.
        key: of the stream.
        server: its address in errors, without secrets.
        seconds: time-out of a single reply.
    """

    def __init__(self, url: str, key: bytes, server: object, seconds: float) -> None:
        self._key = key
        self._server = server
        self._client = Redis.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=seconds,
            socket_connect_timeout=CONNECT_SECONDS,
        )

    def send(self, entries: Sequence[Mapping[bytes, bytes]]) -> int:
        """Append messages in order, by one round trip.

        Returns:
            How many were taken, counted from the first. Later ones may have been taken too.

        Raises:
            StreamUnavailable: the first was not taken, or it is not known whether it was.
        """
        pipeline = self._client.pipeline(transaction=False)
        for fields in entries:
            pipeline.xadd(self._key, cast(dict[Any, Any], fields))
        with translated(self._server), _as_ours():
            replies = pipeline.execute(raise_on_error=False)
            refused = (index for index, reply in enumerate(replies) if isinstance(reply, RedisError))
            first = next(refused, len(replies))
            if replies and not first:
                raise replies[0]
        return first

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


@contextmanager
def _as_ours() -> Iterator[None]:
    """Raise redis-py's errors as those of our own connections."""
    try:
        yield
    except redis.TimeoutError as error:
        raise TimeoutError(str(error)) from error
    except (redis.ResponseError, redis.AuthenticationError, redis.BusyLoadingError) as error:
        raise RefusedError(str(error)) from error
    except RedisError as error:
        raise ConnectionError(str(error) or type(error).__name__) from error
