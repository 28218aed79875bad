"""The one place where errors of Redis become `StreamUnavailable`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from trailkeeper.producer.errors import StreamTimeout, StreamUnavailable


class RefusedError(Exception):
    """Redis replied with an error, such as ``OOM`` or ``READONLY``."""


REFUSALS = (RefusedError, redis.ResponseError, redis.AuthenticationError, redis.BusyLoadingError)
TIMEOUTS = (TimeoutError, redis.TimeoutError)
FAILURES = (OSError, RefusedError, redis.RedisError)
"""Everything that a call to Redis raises. `OSError` includes time-outs, TLS and name look-ups."""


@contextmanager
def translated(server: object) -> Iterator[None]:
    """Raise `StreamUnavailable` with the server and its failure, chained to the cause.

    Args:
        server: its address, without secrets.

    Raises:
        StreamUnavailable: in place of each of `FAILURES`; StreamTimeout for `TIMEOUTS`.
    """
    try:
        yield
    except FAILURES as error:
        kind = StreamTimeout if isinstance(error, TIMEOUTS) else StreamUnavailable
        raise kind(f"Redis at {server} {_failure(error)}") from error


def _failure(error: Exception) -> str:
    if isinstance(error, REFUSALS):
        return f"answered: {error}"
    if isinstance(error, TIMEOUTS):
        return "did not answer in time"
    return f"could not be reached: {str(error) or type(error).__name__}"
