"""Circuit breaker for Redis: after a failure, the next calls do not wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """One failure opens it, after a cooldown one call may probe, a success closes it.

    Thread-safe without a lock, which a fork could leave locked for ever.

    Args:
        seconds: the cooldown.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._opening: _Opening | None = None

    def allows(self) -> bool:
        """Whether to try now. Of many callers after the cooldown, only one gets True: the probe."""
        opening = self._opening
        if opening is None:
            return True
        if self._clock() < opening.until or not opening.take_probe():
            return False
        # the next cooldown starts now, so that another probe follows if this one dies
        self._opening = self._open()
        return True

    def failed(self) -> None:
        """Open it: Redis did not answer."""
        self._opening = self._open()

    def succeeded(self) -> None:
        """Close it: Redis answered."""
        if self._opening is not None:
            self._opening = None

    def _open(self) -> _Opening:
        return _Opening(self._clock() + self._seconds)


class _Opening:
    """A cooldown, and the one probe that may follow it."""

    __slots__ = ("_probes", "until")

    def __init__(self, until: float) -> None:
        self.until = until
        self._probes = [True]  # list.pop is atomic

    def take_probe(self) -> bool:
        try:
            return self._probes.pop()
        except IndexError:
            return False
