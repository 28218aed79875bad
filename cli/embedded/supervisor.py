"""Restarts services that end, with a longer pause each time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from .errors import EmbeddedError

CHECK_SECONDS = 0.2
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""After running this long, a service starts again with the first pause."""


class Service(Protocol):
    """What the supervisor restarts."""

    name: str

    def start(self) -> object: ...
    def is_running(self) -> bool: ...


class _Supervised:
    """One service, when it was started and when it may be restarted."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.pause = FIRST_PAUSE
        self.started = time.monotonic()
        self.due: float | None = None

    def schedule_restart(self, now: float) -> float | None:
        """The pause before the restart, when the service has ended since the last check."""
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
    """Restarts *services* from a thread of its own.

    Args:
        services: already started; checked in this order.
        say: called with a sentence when something ended or could not be started.
        chores: called again and again, to bound the logs.
    """

    def __init__(
        self,
        services: Sequence[Service],
        say: Callable[[str], None],
        chores: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._supervised = [_Supervised(service) for service in services]
        self._say = say
        self._chores = chores
        self._problem = ""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop restarting. The services run on."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(CHECK_SECONDS):
            for supervised in self._supervised:
                self._check(supervised)
            for chore in self._chores:
                self._do(chore)

    def _do(self, chore: Callable[[], None]) -> None:
        try:
            chore()
        except OSError as error:
            if str(error) != self._problem:  # the same problem is reported once
                self._problem = str(error)
                self._say(f"the logs could not be rotated: {error}")

    def _check(self, supervised: _Supervised) -> None:
        now = time.monotonic()
        pause = supervised.schedule_restart(now)
        if pause is not None:
            ending = getattr(supervised.service, "ending", lambda: "ended")()
            self._say(f"{supervised.service.name} {ending}; starting it again in {pause:g} s")
        try:
            supervised.start_if_due(now)
        except (EmbeddedError, OSError) as error:
            self._say(f"{supervised.service.name} could not be started: {error}")
