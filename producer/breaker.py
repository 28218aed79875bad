"""Circuit breaker for Redis: after a failure, the next calls do not wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """A failure opens it, after a cooldown one call may probe, a success closes it.

    A time-out may be the fault of this process, which was busy or stopped: it opens the breaker only if
    a call that began after it was not answered in time either.

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
        self._timed_out: float | None = None
        """When the first call timed out since the last success."""

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
        """Open it: Redis refused, or cannot be reached."""
        self._cooldown = (self._clock() + self._seconds, [None])

    def timed_out(self, began: float) -> None:
        """A call was not answered in time.

        Args:
            began: when it began, by the same clock.
        """
        first = self._timed_out
        if self._cooldown is not None or (first is not None and began >= first):
            self.failed()
        elif first is None:
            self._timed_out = self._clock()

    def succeeded(self) -> None:
        """Close it: Redis answered."""
        if self._cooldown is not None or self._timed_out is not None:
            self._cooldown = self._timed_out = None
