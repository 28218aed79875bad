"""Real Celery workers, ours and the peer's, started alike: with two pool processes, unless told otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from trailkeeper.cli.embedded.processes import Child

ROOT = Path(__file__).parents[2]
OURS = ("-A", "trailkeeper.worker", "worker", "-Q", "ingest")
TASK_AN_EVENT = ("-A", "tests.benchmarks.peers.celery_task", "worker")
ALIKE = ("-l", "WARNING", "--without-mingle", "--without-gossip")


@contextmanager
def worker(
    home: Path, environment: Mapping[str, str], options: tuple[str, ...], processes: int = 2
) -> Iterator[Child]:
    """A worker for the time of the block; what it has at hand at its end is lost."""
    child = Child(
        "worker",
        [sys.executable, "-m", "celery", *options, *ALIKE, "-c", str(processes)],
        log=home / "worker.log",
        records=home,
        environment={**environment, "PYTHONPATH": str(ROOT)},  # the peer's tasks are not installed
        patience=1.0,
    )
    child.start()
    try:
        yield child
    finally:
        child.kill()
