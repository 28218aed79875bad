"""Who does not answer is not asked again for a while."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """A circuit breaker: one failure opens it, after a cooldown one call may probe, a success closes it.

    Safe for threads without a lock, which a fork could leave locked for ever.

    Args:
        seconds: the cooldown.
        clock: seconds that only grow.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._opening: _Opening | None = None

    def allows(self) -> bool:
        """Whether to ask now. Of many callers after the cooldown, one is told so: the probe."""
        opening = self._opening
        if opening is None:
            return True
        if self._clock() < opening.until or not opening.take_probe():
            return False
        # the next cooldown begins now, so that a probe that dies is followed by another
        self._opening = self._open()
        return True

    def failed(self) -> None:
        """It did not answer."""
        self._opening = self._open()

    def succeeded(self) -> None:
        """It answered."""
        if self._opening is not None:
            self._opening = None

    def _open(self) -> _Opening:
        return _Opening(self._clock() + self._seconds)


class _Opening:
    """A time in which nobody asks, and the right to ask first after it."""

    __slots__ = ("_probes", "until")

    def __init__(self, until: float) -> None:
        self.until = until
        self._probes = [True]

    def take_probe(self) -> bool:
        try:
            return self._probes.pop()
        except IndexError:
            return False
