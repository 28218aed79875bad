"""The one place where errors of Redis become `StreamUnavailable`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trailkeeper.producer.errors import StreamTimeout, StreamUnavailable


class RefusedError(Exception):
    """Redis replied with an error, such as ``OOM`` or ``READONLY``."""


FAILURES = (OSError, RefusedError)
"""Everything that our own connections raise. `OSError` includes time-outs, TLS and name look-ups."""


@contextmanager
def translated(server: object) -> Iterator[None]:
    """Raise `StreamUnavailable` with the server and its failure, chained to the cause.

    Args:
        server: its address, without secrets.

    Raises:
        StreamUnavailable: in place of each of `FAILURES`; StreamTimeout for a time-out.
    """
    try:
        yield
    except FAILURES as error:
        if isinstance(error, TimeoutError):
            raise StreamTimeout(f"Redis at {server} did not answer in time") from error
        said = str(error) or type(error).__name__
        refused = isinstance(error, RefusedError)
        failure = f"answered: {said}" if refused else f"could not be reached: {said}"
        raise StreamUnavailable(f"Redis at {server} {failure}") from error
