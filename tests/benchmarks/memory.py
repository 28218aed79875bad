"""Whether a pool process grows: its memory early and late in a long run of events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psutil
from msgspec.structs import replace

from trailkeeper.cli.embedded.processes import Child
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.wire import encode

from .machine import Machine
from .results import Results
from .streaming import fill, waiting
from .timing import until
from .workers import OURS, worker

SLICES = 20
EARLY = 2
"""Slices after which the caches hold most of what they will hold."""

MEGABYTE = 1024**2


def memory(machine: Machine) -> Results:
    """Resident memory of the larger pool process: after a tenth of the events, and after all."""
    machine.say(f"memory: {machine.scale.memory_events:,} events")
    machine.client.flushall()
    machine.empty("ours")
    with worker(machine.home, machine.environment("ours"), OURS) as child:
        sizes = [_after_a_slice(machine, child) for _ in range(SLICES)]
    start, end = sizes[EARLY - 1], sizes[-1]
    return {"memory_mb": {"start": round(start, 1), "end": round(end, 1), "growth": round(end / start, 3)}}


def _after_a_slice(machine: Machine, child: Child) -> float:
    fill(machine.client, _payloads(machine, machine.scale.memory_events // SLICES))
    until(lambda: waiting(machine.client) == 0, "the stream is drained")
    return max(process.memory_info().rss for process in psutil.Process(child.pid).children()) / MEGABYTE


def _payloads(machine: Machine, count: int) -> Iterator[bytes]:
    """The same facts again and again, each time as a new event."""
    for number in range(count):
        now = datetime.now(UTC)
        event = machine.events[number % len(machine.events)]
        yield encode(replace(event, id=uuid7(now), occurred_at=now))
