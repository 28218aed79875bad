"""How long one call waits for Redis: to its deadline, and beyond it while only this process is slow."""

from __future__ import annotations

import time

STEP_SECONDS = 0.1
"""What a step that begins late may take: opening a connection, one command, waiting for a connection."""
LATE_SECONDS = 0.02
"""A wait that ends so late shows that this process had no time to listen."""
EXTRA_SECONDS = 1.0
"""The most that a call may take beyond its deadline."""


def step_deadline(deadline: float) -> float:
    """The deadline of a step that begins now; on `time.monotonic`'s clock, like *deadline*.

    Raises:
        TimeoutError: no time is left at all.
    """
    now = time.monotonic()
    if now < deadline - STEP_SECONDS:
        return deadline
    if now >= deadline + EXTRA_SECONDS:
        raise TimeoutError("the time allowed is over")
    return min(max(deadline, now + STEP_SECONDS), deadline + EXTRA_SECONDS)


def remaining(deadline: float) -> float:
    """Seconds until *deadline* on `time.monotonic`'s clock.

    Raises:
        TimeoutError: it has passed.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time allowed is over")
    return seconds


class Patience:
    """Waiting, again and again, for something that others of this process bring about.

    In a burst Redis answers one caller after the other. Who is last may go on waiting as long as
    somebody was answered during the last wait, or that wait ended late, as this process was busy.
    Redis that does not answer at all gets nothing beyond the deadline.

    Args:
        deadline: on `time.monotonic`'s clock.
        answered: how often somebody was answered, before the first wait.
    """

    def __init__(self, deadline: float, answered: int) -> None:
        self._deadline = deadline
        self._answered = answered
        self._end = 0.0

    def next_wait(self) -> float:
        """How long to wait before looking again, in seconds."""
        now = time.monotonic()
        seconds = self._deadline - now if now < self._deadline else STEP_SECONDS
        self._end = now + seconds
        return seconds

    def is_over(self, answered: int) -> bool:
        """Whether to give up, after a wait in which nothing came.

        Args:
            answered: how often somebody was answered by now.
        """
        now = time.monotonic()
        goes_on = answered != self._answered or now > self._end + LATE_SECONDS
        self._answered = answered
        return now >= self._deadline and (not goes_on or now >= self._deadline + EXTRA_SECONDS)
