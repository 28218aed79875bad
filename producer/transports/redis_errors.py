"""The one place where errors of Redis become `StreamUnavailable`."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from trailkeeper.producer.errors import StreamTimeout, StreamUnavailable


class RefusedError(Exception):
    """Redis replied with an error, such as ``OOM`` or ``READONLY``."""


class MaybeTakenError(RefusedError):
    """Redis refused a part of what was asked, and the stream may have what was to be added."""


FAILURES = (OSError, RefusedError)
"""Everything that our own connections raise. `OSError` includes time-outs, TLS and name look-ups."""


class Attempts:
    """Context in which a message is sent, or several together, perhaps more than once.

    A class, as a generator would take a microsecond longer.

    Args:
        server: its address, without secrets.

    Attributes:
        unanswered: how often they were sent without an answer that says what became of them.

    Raises:
        StreamUnavailable: at the end, in place of each of `FAILURES`, chained to it; StreamTimeout for a
            time-out. It names the server, and says whether the stream may have the messages.
    """

    __slots__ = ("_server", "unanswered")

    def __init__(self, server: object) -> None:
        self._server = server
        self.unanswered = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, FAILURES):
            unavailable = _unavailable(self._server, error)
            unavailable.may_have_it = self.unanswered > 0
            raise unavailable from error


def _unavailable(server: object, error: BaseException) -> StreamUnavailable:
    if isinstance(error, TimeoutError):
        return StreamTimeout(f"Redis at {server} did not answer in time")
    said = str(error) or type(error).__name__
    refused = isinstance(error, RefusedError)
    failure = f"answered: {said}" if refused else f"could not be reached: {said}"
    return StreamUnavailable(f"Redis at {server} {failure}")
