"""One run: a room, a storm, the calm after it, and the count."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.support.waiting import until

from .plan import Plan
from .room import Room, room
from .scorecard import Scorecard, import_logged, scored
from .storm import storm
from .watch import Watch

SECONDS_TO_END = 300.0


def run(home: Path, plan: Plan, say: Callable[[str], None]) -> Scorecard:
    """Send a plan's events through everything that can go wrong.

    Args:
        home: an empty folder.
        plan: how much.
        say: called with a sentence about what happens.

    Raises:
        TimeoutError: it did not become well again after a fault.
        AssertionError: not everything was stored in time after the last.
    """
    began = time.monotonic()
    say(f"{plan.events:,} events at {plan.rate:g}/s through {plan.server}, seed {plan.seed}")
    with room(home, plan) as place:
        with Watch(place) as watch:
            toll = storm(place, say)
            say("all emitted; waiting until all is stored")
            _calm(place)
        if logged := import_logged(place, home):
            say(f"imported {logged:,} events that were only in a log")
        return scored(place, toll, watch, time.monotonic() - began)


def _calm(place: Room) -> None:
    # the web processes are gone, and with them who delivers what they spooled for their own way to Redis
    place.run("spool", "flush", as_web=True)
    until(lambda: place.spooled() == 0, SECONDS_TO_END, "the spool is empty", pause=1)
    until(place.is_drained, SECONDS_TO_END, "the stream is empty", pause=0.2)
