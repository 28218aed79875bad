"""Keeps services running: one that ends by itself is started again, more slowly each time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from .errors import EmbeddedError

LOOK_SECONDS = 0.2
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""A service that lived this long starts again without delay after its next end."""


class Service(Protocol):
    """What can be kept running."""

    name: str

    def start(self) -> object: ...
    def is_running(self) -> bool: ...


class _Watched:
    """One service, when it was started and when it may be again."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.pause = FIRST_PAUSE
        self.started = time.monotonic()
        self.due: float | None = None

    def notice(self, now: float) -> float | None:
        """The pause before the next start, when the service has just been found ended."""
        if self.due is not None or self.service.is_running():
            return None
        if now - self.started > STEADY_SECONDS:
            self.pause = FIRST_PAUSE
        pause, self.pause = self.pause, min(self.pause * 2, LONGEST_PAUSE)
        self.due = now + pause
        return pause

    def start_if_due(self, now: float) -> None:
        """Start it again once its pause is over."""
        if self.due is None or now < self.due:
            return
        self.due = None
        self.started = now
        self.service.start()


class Supervisor:
    """Looks after *services* from a thread of its own.

    Args:
        services: already started; looked after in this order.
        say: called with a sentence when something ended or could not be started.
        chores: called again and again beside that, to keep logs within bounds.
    """

    def __init__(
        self,
        services: Sequence[Service],
        say: Callable[[str], None],
        chores: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._watched = [_Watched(service) for service in services]
        self._say = say
        self._chores = chores
        self._problem = ""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look_after, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin to look after them."""
        self._thread.start()

    def stop(self) -> None:
        """Start nothing any more. The services run on."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _look_after(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            for watched in self._watched:
                self._look_at(watched)
            for chore in self._chores:
                self._do(chore)

    def _do(self, chore: Callable[[], None]) -> None:
        try:
            chore()
        except OSError as error:
            if str(error) != self._problem:  # as long as it is the same, it is said once
                self._problem = str(error)
                self._say(f"the logs could not be bounded: {error}")

    def _look_at(self, watched: _Watched) -> None:
        now = time.monotonic()
        pause = watched.notice(now)
        if pause is not None:
            ending = getattr(watched.service, "ending", lambda: "ended")()
            self._say(f"{watched.service.name} {ending}; starting it again in {pause:g} s")
        try:
            watched.start_if_due(now)
        except (EmbeddedError, OSError) as error:
            self._say(f"{watched.service.name} could not be started: {error}")
