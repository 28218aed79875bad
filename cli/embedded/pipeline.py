"""Worker, beat and views as child processes of a stack, started as in any deployment."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from .processes import Child

COMMAND = ("-m", "trailkeeper.cli.main")
WORKER_PATIENCE = 30.0  # a warm stop ends the batch at hand; a purge goes on with the next beat
BEAT_PATIENCE = 5.0
VIEWS_PATIENCE = 10.0  # requests go on for five seconds


def worker(home: Path, environment: Mapping[str, str], *, name: str, slots: int) -> Child:
    """A worker that takes every queue.

    Args:
        home: the data folder.
        environment: of the process, whole.
        name: of the Celery node; the same at every start, as the stream's consumers are named after it.
        slots: pool processes.
    """
    # the only worker of its broker need not look for others at its start
    options = ["--without-mingle", "--without-gossip"]
    command = [*COMMAND, "worker", "-c", str(slots), "-n", f"{name}@%h", *options]
    return _child("worker", command, home, environment, WORKER_PATIENCE)


def beat(home: Path, environment: Mapping[str, str]) -> Child:
    """Beat, with its schedule in the data folder."""
    command = [*COMMAND, "beat", "-s", str(home / "beat-schedule")]
    return _child("beat", command, home, environment, BEAT_PATIENCE)


def views(home: Path, environment: Mapping[str, str]) -> Child:
    """The histories over HTTP."""
    return _child("views", [*COMMAND, "serve"], home, environment, VIEWS_PATIENCE)


def _child(
    name: str, command: list[str], home: Path, environment: Mapping[str, str], patience: float
) -> Child:
    return Child(
        name,
        [sys.executable, *command],
        log=home / "logs" / f"{name}.log",
        records=home / "run",
        environment=environment,
        patience=patience,
    )
