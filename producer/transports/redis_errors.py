"""The one place where errors of Redis become `StreamUnavailable`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from trailkeeper.producer.errors import StreamUnavailable


class RefusedError(Exception):
    """Redis replied with an error, such as ``OOM`` or ``READONLY``."""


REFUSALS = (RefusedError, redis.ResponseError, redis.AuthenticationError, redis.BusyLoadingError)
FAILURES = (OSError, RefusedError, redis.RedisError)
"""Everything that a call to Redis raises. `OSError` includes time-outs, TLS and name look-ups."""


@contextmanager
def translated(server: object) -> Iterator[None]:
    """Raise `StreamUnavailable` with the server and its failure, chained to the cause.

    Args:
        server: its address, without secrets.

    Raises:
        StreamUnavailable: in place of each of `FAILURES`.
    """
    try:
        yield
    except FAILURES as error:
        raise StreamUnavailable(f"Redis at {server} {_failure(error)}") from error


def _failure(error: Exception) -> str:
    if isinstance(error, REFUSALS):
        return f"answered: {error}"
    if isinstance(error, (TimeoutError, redis.TimeoutError)):
        return "did not answer in time"
    return f"could not be reached: {str(error) or type(error).__name__}"
