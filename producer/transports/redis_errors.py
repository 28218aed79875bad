"""The one place where what can go wrong with Redis becomes `StreamUnavailable`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from trailkeeper.producer.errors import StreamUnavailable


class RefusedError(Exception):
    """Redis answered, and the answer is an error, such as ``OOM`` or ``READONLY``."""


REFUSALS = (RefusedError, redis.ResponseError, redis.AuthenticationError, redis.BusyLoadingError)
FAILURES = (OSError, RefusedError, redis.RedisError)
"""Everything that reaching Redis raises. `OSError` holds time-outs, TLS and name look-ups too."""


@contextmanager
def translated(server: object) -> Iterator[None]:
    """Name the server and what it did, chained to the cause.

    Args:
        server: where it is, as it may be shown.

    Raises:
        StreamUnavailable: in place of each of `FAILURES`.
    """
    try:
        yield
    except FAILURES as error:
        raise StreamUnavailable(f"Redis at {server} {_said(error)}") from error


def _said(error: Exception) -> str:
    if isinstance(error, REFUSALS):
        return f"answered: {error}"
    if isinstance(error, (TimeoutError, redis.TimeoutError)):
        return "did not answer in time"
    return f"could not be reached: {str(error) or type(error).__name__}"
