"""Backfills by one runner beside plain ingestion by one drain, of the same events."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from trailkeeper.models.backfills import EnrichFilters
from trailkeeper.models.engine import transaction
from trailkeeper.producer import catalogue
from trailkeeper.worker.backfills import Requests, Runner
from trailkeeper.worker.backfills.checks import enrich_filters
from trailkeeper.worker.drain import Drainer

from .machine import Machine
from .one_drain import drain_rate
from .results import Results
from .timing import timed

ANOTHER_FILE = "SET build = '2000-01-01', digest = sha256(digest || clock_timestamp()::text::bytea)"
"""As if the derivations had been found with other data."""


def backfills(machine: Machine) -> Results:
    """Medians of rounds in turn; an import's lines have their ids, as those of the stream do."""
    file = machine.home / "events.jsonl"
    file.write_bytes(b"\n".join(machine.payloads) + b"\n")
    drained, enriched, imported = [], [], []
    drainer, runner = Drainer(machine.settings(), "benchmark/0"), Runner(machine.settings())
    drain_rate(machine, drainer, machine.scale.events // 4)
    for number in range(1, machine.scale.rounds + 1):
        machine.say(f"backfills: round {number} of {machine.scale.rounds}")
        drained.append(drain_rate(machine, drainer, machine.scale.events))
        enriched.append(_enrich_rate(machine, runner))
        imported.append(_import_rate(machine, runner, file))
    drainer.close()
    runner.close()
    return {
        "backfill_drain_events_per_second": round(median(drained)),
        "enrich_events_per_second": round(median(enriched)),
        "import_events_per_second": round(median(imported)),
        "enrich_vs_drain": round(median(enriched) / median(drained), 3),
        "import_vs_drain": round(median(imported) / median(drained), 3),
    }


def _enrich_rate(machine: Machine, runner: Runner) -> float:
    """Events a second, of which each gets another location and client."""
    machine.query("ours", f"UPDATE locations {ANOTHER_FILE}")
    machine.query("ours", f"UPDATE clients {ANOTHER_FILE}")
    machine.query("ours", "VACUUM ANALYZE events")
    machine.query("ours", "CHECKPOINT")
    fresh = Runner(machine.settings())  # one that remembers none of the derivations
    with transaction(runner.engine) as connection:
        known = catalogue.load()
        filters = enrich_filters(connection, known, EnrichFilters("older"))
        identity = Requests(connection, known, "benchmark").enrich(filters)
    seconds = timed(lambda: _run(fresh, identity))
    fresh.close()
    return machine.scale.events / seconds


def _import_rate(machine: Machine, runner: Runner, file: Path) -> float:
    """Lines a second, while the command takes them in; from the moment at which it begins to."""
    machine.empty("ours")
    machine.query("ours", "DELETE FROM backfills")
    command = [sys.executable, "-m", "trailkeeper.cli.main", "backfill", "import", "--yes", str(file)]
    taking_in = subprocess.Popen(
        command, env=machine.environment("ours"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while not (found := machine.query("ours", "SELECT id FROM backfills")):
        time.sleep(0.005)  # until the command has started
    seconds = timed(lambda: _run(runner, found[0].id))
    taking_in.communicate()
    return machine.scale.events / seconds


def _run(runner: Runner, identity: int) -> None:
    while (step := runner.step(identity)).state in {"running", "unknown"}:
        time.sleep(step.seconds)
