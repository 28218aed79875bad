"""One drain within this process, beside COPY of the same rows."""

from __future__ import annotations

from statistics import median

from trailkeeper.worker.drain import Drainer

from .machine import Machine
from .peers.copying import copy_rate, stored_rows
from .results import Results
from .streaming import fill
from .timing import timed

AS_LONG_AS_IT_TAKES = 600.0


def one_drain(machine: Machine) -> Results:
    """Medians of rounds in turn; the caches are warm."""
    drained, copied = [], []
    drainer = Drainer(machine.settings(), "benchmark/0")
    drain_rate(machine, drainer, machine.scale.events // 4)
    for number in range(1, machine.scale.rounds + 1):
        machine.say(f"one drain: round {number} of {machine.scale.rounds}")
        drained.append(drain_rate(machine, drainer, machine.scale.events))
        copied.append(copy_rate(machine, stored_rows(machine)))
    drainer.close()
    return {
        "one_drain_events_per_second": round(median(drained)),
        "one_drain_copy_events_per_second": round(median(copied)),
        "store_one_drain_vs_copy": round(median(drained) / median(copied), 3),
    }


def drain_rate(machine: Machine, drainer: Drainer, count: int) -> float:
    """Events a second into an empty table."""
    machine.client.flushall()
    machine.empty("ours")
    fill(machine.client, machine.payloads[:count])
    seconds = timed(lambda: drainer.run(AS_LONG_AS_IT_TAKES))
    return count / seconds
