"""Waiting for something to become so: the only way in which a test lets time pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

SECONDS = 60.0
BUSY_SECONDS = 2.0
"""What a machine that is busy with other tests may add; far less than the 5 s of redis-py's default."""

T = TypeVar("T")


def until(
    condition: Callable[[], T | None],
    seconds: float = SECONDS,
    what: str = "it holds",
    *,
    pause: float = 0.02,
) -> T:
    """What *condition()* returns once it is true.

    Args:
        condition: asked again and again.
        seconds: how long at most.
        what: completes the sentence "it is still not so that ...".
        pause: seconds between two looks; looking costs those who are looked at.

    Raises:
        AssertionError: it was not true in time.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds:g} s it is still not so that {what}")
        time.sleep(pause)
    return found


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if the block takes longer, and much longer than a busy machine explains."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds + BUSY_SECONDS, f"it took {took:.2f} s; expected {seconds:.2f} s"
