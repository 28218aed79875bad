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
        self._cooldown: tuple[float, list[None]] | None = None
        """Its end, and the one probe that may follow it; None while closed."""

    def allows(self) -> bool:
        """Whether to try now. Of many callers after the cooldown, only one gets True: the probe."""
        cooldown = self._cooldown
        if cooldown is None:
            return True
        end, probe = cooldown
        if self._clock() < end:
            return False
        try:
            probe.pop()  # atomic: of several threads, one succeeds
        except IndexError:
            return False
        self.failed()  # the next cooldown starts now, so that another probe follows if this one dies
        return True

    def failed(self) -> None:
        """Open it: Redis did not answer."""
        self._cooldown = (self._clock() + self._seconds, [None])

    def succeeded(self) -> None:
        """Close it: Redis answered."""
        if self._cooldown is not None:
            self._cooldown = None
