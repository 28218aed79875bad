"""`trailkeeper drain`: empty stream and outbox from here, without a worker."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from trailkeeper.cli.output import print_facts, print_json, say
from trailkeeper.cli.services import checked_settings
from trailkeeper.cli.times import Seconds

if TYPE_CHECKING:
    from trailkeeper.worker.drain import Drainer
    from trailkeeper.worker.ingest import Report
    from trailkeeper.worker.relay import Relayer

SLICE_SECONDS = 5.0


@click.command("drain")
@click.option("--seconds", type=Seconds(min=0.1), help="At most this long [until both are empty].")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(seconds: float | None, as_json: bool) -> None:
    """Store the events that wait in stream and outbox, without a worker.

    Does what workers do, and may run beside them. Ends when nothing is left.
    """
    from trailkeeper.worker.drain import Drainer
    from trailkeeper.worker.relay import Relayer

    settings = checked_settings()
    name = f"command@{socket.gethostname()}/{os.getpid()}"
    drainer = Drainer(settings, name)
    relayer = Relayer(settings, name)
    try:
        report, spent = _run([drainer, relayer], seconds)
    finally:
        drainer.close()
        relayer.close()
    summary = {
        "stored": report.stored,
        "duplicates": report.duplicates,
        "dead_lettered": report.dead_lettered,
    }
    if as_json:
        print_json(summary | {"seconds": round(spent, 3)})
    else:
        print_facts({name.replace("_", " "): f"{number:,}" for name, number in summary.items()})
        say(f"{spent:.1f} s, {report.stored / max(spent, 0.001):,.0f} events/s")


def _run(sources: Sequence[Drainer | Relayer], seconds: float | None) -> tuple[Report, float]:
    from trailkeeper.worker.ingest import Report

    began = time.monotonic()
    total = Report()
    while True:
        report = Report()
        for source in sources:
            spent = time.monotonic() - began
            left = SLICE_SECONDS if seconds is None else min(SLICE_SECONDS, seconds - spent)
            report.add(source.run(left) if left > 0 else Report())
        total.add(report)
        if not report.batches:
            return total, time.monotonic() - began
