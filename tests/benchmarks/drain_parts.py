"""Where the time of one drain goes, in microseconds an event: a real drain with a clock on each part.

By the wall's clock the parts are more than the whole: a batch is written while the next is prepared.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import trailkeeper.models.writing
import trailkeeper.worker.ingest.kernel
import trailkeeper.worker.ingest.writer
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.drain.batches import StreamBatches
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.ingest.derive import Derive

from .machine import Machine
from .one_drain import drain_rate
from .results import Results

CLOCKED: dict[str, tuple[Any, str]] = {
    "read": (Stream, "read"),
    "prepare": (StreamBatches, "prepare"),
    "judge": (trailkeeper.worker.ingest.kernel, "judge_all"),
    "derive": (Derive, "texts"),
    "write": (StreamBatches, "commit"),
    "insert": (trailkeeper.worker.ingest.writer, "insert"),
    "copy text": (trailkeeper.models.writing, "copy_text"),
    "acknowledge": (Stream, "acknowledge"),
}


class Clock:
    """Wall and processor seconds by part; those of a part within another count in both."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.own: dict[str, float] = defaultdict(float)

    def on(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call with the clock on it."""

        def clocked(*args: Any, **kwargs: Any) -> Any:
            with self.running(name):
                return call(*args, **kwargs)

        return clocked

    @contextmanager
    def running(self, name: str, processor: Callable[[], float] = time.thread_time) -> Iterator[None]:
        """Count the time of the block, by the wall's clock and another."""
        wall, own = time.perf_counter(), processor()
        try:
            yield
        finally:
            self.own[name] += processor() - own
            self.wall[name] += time.perf_counter() - wall


def drain_parts(machine: Machine) -> Results:
    """Microseconds an event of each part: by the wall's clock, and of this process' own work."""
    machine.say("the parts of a drain")
    drainer = Drainer(machine.settings(), "benchmark/0")
    count = machine.scale.events
    drain_rate(machine, drainer, count)
    clock = Clock()
    with _clocks(clock):
        drain_rate(machine, drainer, count)
    drainer.close()
    wall, own = _apart(clock.wall), _apart(clock.own)
    return {
        "drain_parts_us": {
            name: {"wall": round(wall[name] / count * 1e6, 2), "own": round(own[name] / count * 1e6, 2)}
            for name in wall
        }
    }


@contextmanager
def _clocks(clock: Clock) -> Iterator[None]:
    with ExitStack() as stack:
        for name, (owner, attribute) in CLOCKED.items():
            call = clock.on(name, getattr(owner, attribute))
            stack.enter_context(patch.object(owner, attribute, call))
        stack.enter_context(patch.object(Drainer, "run", _whole(clock, Drainer.run)))
        yield


def _whole(clock: Clock, run: Callable[..., Any]) -> Callable[..., Any]:
    """The whole of a drain, with the work of both its threads."""

    def clocked(*args: Any, **kwargs: Any) -> Any:
        with clock.running("whole", time.process_time):
            return run(*args, **kwargs)

    return clocked


def _apart(seconds: dict[str, float]) -> dict[str, float]:
    """Each part without those within it."""
    outer = sum(seconds[name] for name in ("read", "prepare", "write", "acknowledge"))
    return {
        "read from Redis": seconds["read"],
        "judge": seconds["judge"],
        "derive": seconds["derive"],
        "rows": seconds["prepare"] - seconds["judge"] - seconds["derive"],
        "copy text": seconds["copy text"],
        "Postgres: COPY": seconds["insert"] - seconds["copy text"],
        "Postgres: begin and commit": seconds["write"] - seconds["insert"],
        "acknowledge": seconds["acknowledge"],
        "whole": seconds["whole"],
        "whole without its parts": seconds["whole"] - outer,
    }
