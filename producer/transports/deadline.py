"""How long there is to wait."""

from __future__ import annotations

import time


def remaining(deadline: float) -> float:
    """Seconds until *deadline* on `time.monotonic`'s clock.

    Raises:
        TimeoutError: it has passed.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time allowed is over")
    return seconds
