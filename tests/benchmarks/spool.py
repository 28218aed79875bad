"""What a request pays for `emit` while Redis is away: the spool on disk, beside the disk's own fsync.

Nothing listens at the address that is asked; the breaker is as in production where its effect is
measured, and does not rest where each event is to ask Redis first.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from trailkeeper import Emitter, ProducerSettings

from .limits import BLOCK
from .machine import Machine
from .results import Results
from .timing import each_timed, p50_us, percentile

Sync = Literal["full", "normal"]
HOUR, AT_ONCE = 3600.0, 1e-9  # seconds
TAG = "account:login:success"


def spool(machine: Machine) -> Results:
    """Microseconds of an emit, by what the spool waits for, and with the breaker open; and of one fsync."""
    machine.say("emit while Redis is away")
    with ExitStack() as stack:
        file = stack.enter_context((machine.home / "spool-fsync").open("wb", buffering=0))

        def fsync() -> None:
            file.write(BLOCK)
            os.fdatasync(file.fileno())

        calls = {
            "spool_fsync_us": fsync,
            "spooled_emit_us": _emitting(machine.home, stack, "full", AT_ONCE),
            "spooled_emit_normal_us": _emitting(machine.home, stack, "normal", AT_ONCE),
            "outage_emit_us": _emitting(machine.home, stack, "full", HOUR),
        }
        found = _in_turns(calls, machine.scale.blocks, machine.scale.commits)
    p50, disk = found["spooled_emit_us"]["p50"], found["spool_fsync_us"]["p50"]
    return {**found, "spooled_emit_vs_fsync": round(p50 / disk, 3)}


def _emitting(home: Path, stack: ExitStack, sync: Sync, rest: float) -> Callable[[], object]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ProducerSettings(
        redis_url=f"redis://127.0.0.1:{port}/0",
        spool=str(home / f"{sync}-{rest:g}.sqlite"),
        spool_sync=sync,
        breaker_seconds=rest,
    )
    emitter = Emitter(settings)
    stack.callback(emitter.close)

    def emit() -> None:
        outcome = emitter.emit(TAG, user=("42", "ada"), additional={"two_factor_method": "totp"}).outcome
        assert outcome == "spooled"

    emit()  # makes the file, and opens the breaker
    return emit


def _in_turns(calls: dict[str, Callable[[], object]], blocks: int, times: int) -> Results:
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(blocks):
        for name, call in calls.items():
            taken[name] += each_timed(call, times)
    return {name: _figures(seconds) for name, seconds in taken.items()}


def _figures(seconds: Iterable[float]) -> dict[str, float]:
    found = list(seconds)
    return {"p50": p50_us(found), "p99": round(percentile(found, 99) * 1e6, 1)}
