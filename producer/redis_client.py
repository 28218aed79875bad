"""A client of Redis for workers, pages and commands: one way to connect, one way to translate errors.

It stands in this package because workers and pages may not import each other, and both import this one.
`emit` has a client of its own (`transports`): a request waits for one deadline, whatever happens on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .errors import StreamRefused, StreamUnavailable

ANSWER_SECONDS = 10.0
CONNECT_SECONDS = 2.0


class StreamFull(StreamUnavailable):
    """Redis is at its maxmemory: it answers, delivers and deletes, and refuses what needs memory."""


def connect(
    url: str, *, answer_seconds: float = ANSWER_SECONDS, connect_seconds: float = CONNECT_SECONDS
) -> redis.Redis:
    """A client that tries once, with time-outs of our own; the library's would wait 5 s ten times over.

    Args:
        url: of Redis.
        answer_seconds: the longest to wait for an answer.
        connect_seconds: the longest to wait for a connection.

    Raises:
        ValueError: not a URL of Redis.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=answer_seconds,
        socket_connect_timeout=connect_seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


@contextmanager
def redis_translated() -> Iterator[None]:
    """Turn Redis' errors into `StreamUnavailable`, chained to their cause."""
    try:
        yield
    except redis.OutOfMemoryError as error:
        raise StreamFull(str(error)) from error
    except redis.ResponseError as error:
        raise StreamRefused(str(error)) from error
    except redis.RedisError as error:
        raise StreamUnavailable(str(error) or type(error).__name__) from error
