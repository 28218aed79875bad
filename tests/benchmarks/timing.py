"""Clocks, medians, and waiting for something to become so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median, quantiles

from tests.support import waiting

NANOSECONDS = 1e9
WAIT_SECONDS = 300.0


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call took."""
    before = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - before) / NANOSECONDS


def each_timed(call: Callable[[], object], times: int) -> list[float]:
    """Seconds that each of several calls took."""
    return [timed(call) for _ in range(times)]


def p50_us(seconds: Iterable[float]) -> float:
    """The median in microseconds."""
    return round(median(seconds) * 1e6, 1)


def percentile(values: Iterable[float], percent: int) -> float:
    """A percentile, the extremes included."""
    ordered = sorted(values)
    return quantiles(ordered, n=100, method="inclusive")[percent - 1] if len(ordered) > 1 else ordered[0]


def until(condition: Callable[[], bool], what: str, *, pause: float = 0.005) -> None:
    """Wait until something is so, looking more often than tests do."""
    waiting.until(condition, WAIT_SECONDS, what, pause=pause)


def rate_between(done: Callable[[], int], first: int, last: int, *, pause: float = 0.01) -> float:
    """What is done per second between the *first* and the *last* of something, by looking often.

    Args:
        done: how many are done now.
        first: how many are warm-up.
        last: how many there are in all.
        pause: seconds between two looks; looking costs those who are measured.
    """
    until(lambda: done() >= first, f"{first} are done", pause=pause)
    began, at_first = time.perf_counter(), done()
    until(lambda: done() >= last, f"{last} are done", pause=pause)
    return (last - at_first) / (time.perf_counter() - began)
