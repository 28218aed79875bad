"""Plays the stories against a running application, a few at a time, spread over the time given."""

from __future__ import annotations

import heapq
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from .person import Cast, Story
from .program import program

THREADS = 4
FIRST_STORIES = 6  # that begin at once
LAST_START = 0.65  # of the time given
MEAN_PAUSE = 0.025  # of the time given
GRACE = 30.0  # seconds after which a driver that is not done gives up


class _Schedule:
    """The stories by when they go on; shared by the threads that play them."""

    def __init__(self, stories: list[Story], seconds: float, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - pauses, not secrets
        self._seconds = seconds
        self._begun = time.monotonic()
        self._lock = threading.Lock()
        apart = LAST_START * seconds / len(stories)
        self._due = [
            (apart * max(0, number - FIRST_STORIES), number, story) for number, story in enumerate(stories)
        ]
        heapq.heapify(self._due)

    def play(self) -> None:
        """Take the story that is due next, go on with it to its next pause, and so on until none is left."""
        while (taken := self._take()) is not None:
            due, number, story = taken
            time.sleep(max(0.0, due - self._now()))
            try:
                next(story)
            except StopIteration:
                continue
            self._put_back(due, number, story)

    def _take(self) -> tuple[float, int, Story] | None:
        if self._now() > self._seconds + GRACE:
            raise TimeoutError(f"the stories are not done {GRACE:g} s after their {self._seconds:g} s")
        with self._lock:
            return heapq.heappop(self._due) if self._due else None

    def _put_back(self, due: float, number: int, story: Story) -> None:
        with self._lock:
            pause = self._random.uniform(0.4, 1.6) * MEAN_PAUSE * self._seconds
            # what is late makes up for it: the pace is that of the time given, not of the machine
            heapq.heappush(self._due, (min(due + pause, self._seconds), number, story))

    def _now(self) -> float:
        return time.monotonic() - self._begun


def drive(
    url: str, *, seconds: float = 15.0, seed: int = 5863, on_event: Callable[[UUID], None] | None = None
) -> list[UUID]:
    """Let the scripted people loose on the package index at *url*; it must serve with ``--rehearsal``.

    Args:
        url: where the application is, without a slash at the end.
        seconds: how long it should take. The events are the same for any time.
        seed: of the pauses between what people do.
        on_event: called with each event's id as it is confirmed, from several threads.

    Returns:
        The ids of all events that the application confirmed, in the order of their arrival.

    Raises:
        UnexpectedAnswerError: the application refused what a story needs to go on.
        OSError: the application cannot be reached.
        TimeoutError: it was not done long after *seconds*.
    """
    recorded: list[UUID] = []

    def confirm(event: UUID) -> None:
        recorded.append(event)
        if on_event:
            on_event(event)

    schedule = _Schedule(program(Cast(url, confirm)), seconds, seed)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="people") as pool:
        for player in [pool.submit(schedule.play) for _ in range(THREADS)]:
            player.result()
    return recorded
