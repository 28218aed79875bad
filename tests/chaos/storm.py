"""Faults one after another, in an order drawn by lot, for as long as there are requests."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from .faults import FAULTS, Fault
from .plan import Plan
from .room import Room
from .watch import recovery

SHORTEST = 0.3
CALM = 0.5
"""Seconds between a recovery and the next fault."""


class Toll(msgspec.Struct):
    """What happened.

    Attributes:
        faults: how often, by name.
        recoveries: the longest that the room needed afterwards, in seconds, by name.
    """

    faults: Counter[str] = msgspec.field(default_factory=Counter)
    recoveries: dict[str, float] = {}


def storm(room: Room, say: Callable[[str], None]) -> Toll:
    """Hurt the room until its web processes have handled all requests."""
    choice = random.Random(room.plan.seed)
    toll = Toll()
    for fault in _deck(choice, room.plan):
        if not room.is_at_work():
            return toll
        say(f"{room.journal.emitted:>9,} emitted   {fault.name}")
        with fault.hurt(room, choice):
            time.sleep(choice.uniform(SHORTEST, max(SHORTEST, fault.seconds)))
        toll.faults[fault.name] += 1
        toll.recoveries[fault.name] = max(toll.recoveries.get(fault.name, 0.0), recovery(room))
        time.sleep(CALM)
    raise AssertionError("the deck has no end")


def _deck(choice: random.Random, plan: Plan) -> Iterator[Fault]:
    """Every fault once before any comes again."""
    possible = [fault for fault in FAULTS if plan.server in fault.servers]
    cards = [fault for fault in possible if not plan.faults or fault.name in plan.faults]
    while True:
        choice.shuffle(cards)
        yield from cards
