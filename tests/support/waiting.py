"""Waiting for something to become so: the only way in which a test lets time pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

SECONDS = 60.0

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
