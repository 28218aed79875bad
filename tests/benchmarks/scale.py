"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Sizes of a run.

    Attributes:
        rounds: how often each contestant has its turn; the median counts.
        events: stored in one turn of ours and of COPY.
        task_events: stored in one turn of a task per event, which is slow.
        blocks: turns of each kind of call in the benchmark of `emit`.
        calls: calls in a block.
        latencies: events whose way is timed singly.
        memory_events: events that a worker stores while its memory is watched.
        commits: commits and fsyncs of the physical limits.
        purged: events of the month that is purged.
        histories: events of the smaller and of the larger table that histories are read from.
        history_calls: readings of each page.
        export_events: events of each export, about.
        web_seconds: of load on each web server in a round.
        leaves_out: benchmarks that run only when they are asked for.
    """

    rounds: int
    events: int
    task_events: int
    blocks: int
    calls: int
    latencies: int
    memory_events: int
    commits: int
    purged: int
    histories: tuple[int, int]
    history_calls: int
    export_events: int
    web_seconds: float
    leaves_out: tuple[str, ...] = ()


FULL = Scale(
    rounds=5,
    events=200_000,
    task_events=5_000,
    blocks=80,
    calls=200,
    latencies=300,
    memory_events=1_000_000,
    commits=300,
    histories=(1_000_000, 10_000_000),
    history_calls=60,
    export_events=300_000,
    web_seconds=8.0,
    purged=1_000_000,
)
QUICK = Scale(
    rounds=3,
    events=60_000,
    task_events=1_500,
    blocks=25,
    calls=200,
    latencies=40,
    memory_events=100_000,
    commits=100,
    histories=(200_000, 1_000_000),
    history_calls=50,
    export_events=60_000,
    web_seconds=4.0,
    leaves_out=("histories", "one-drain", "staging", "drain-parts"),
    purged=200_000,
)
TINY = Scale(
    rounds=1,
    events=3_000,
    task_events=60,
    blocks=2,
    calls=20,
    latencies=3,
    memory_events=3_000,
    commits=5,
    histories=(4_000, 8_000),
    history_calls=3,
    export_events=4_000,
    web_seconds=0.3,
    leaves_out=("histories",),
    purged=3_000,
)
"""To see that a benchmark works; its figures mean nothing."""
