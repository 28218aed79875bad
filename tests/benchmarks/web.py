"""A web server under load with and without a trail: what is left of its throughput, beside other ways.

Each way has a server of its own, one uvicorn process with a thread pool; the load is a process as well.
Nothing takes events out of Redis meanwhile: workers run elsewhere.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from tests.support.ports import free_port
from trailkeeper.cli.embedded.processes import Child

from .machine import Machine
from .peers.web_app import SETUP, WAYS
from .results import Results
from .timing import until

ROOT = Path(__file__).parents[2]
CONNECTIONS = 8
WARM_UP_SECONDS = 1.0


def web(machine: Machine) -> Results:
    """Medians of rounds in which each way has its turn."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    machine.query("postgres", "CREATE DATABASE web")
    for statement in SETUP:
        machine.query("web", statement)
    with ExitStack() as closing:
        ports = {way: closing.enter_context(_server(machine, way)) for way in WAYS}
        for port in ports.values():
            _load(port, WARM_UP_SECONDS)
        for number in range(1, machine.scale.rounds + 1):
            machine.say(f"web: round {number} of {machine.scale.rounds}")
            for way, port in ports.items():
                for name, value in _load(port, machine.scale.web_seconds).items():
                    found[way][name].append(value)
                machine.client.flushall()
    figures = {way: {name: median(values) for name, values in of.items()} for way, of in found.items()}
    return {
        "web": figures,
        "web_throughput_kept": _kept(figures, "ours"),
        "web_throughput_kept_by_insert": _kept(figures, "insert"),
        "web_throughput_kept_by_celery_task": _kept(figures, "task"),
        "web_p99_added_ms": round(figures["ours"]["p99_ms"] - figures["nothing"]["p99_ms"], 2),
    }


def _kept(figures: dict[str, dict[str, float]], way: str) -> float:
    return round(figures[way]["per_second"] / figures["nothing"]["per_second"], 3)


@contextmanager
def _server(machine: Machine, way: str) -> Iterator[int]:
    port = free_port()
    environment = machine.environment("web") | {"RECORDS": way, "PYTHONPATH": str(ROOT)}
    options = ["--port", str(port), "--log-level", "warning", "--no-access-log"]
    server = Child(
        f"web-{way}",
        [sys.executable, "-m", "uvicorn", "tests.benchmarks.peers.web_app:app", *options],
        log=machine.home / f"web-{way}.log",
        records=machine.home,
        environment=environment,
        patience=1.0,
    )
    server.start()
    try:
        until(lambda: _answers(port), f"the web server that records by {way} answers", pause=0.1)
        yield port
    finally:
        server.kill()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/login/u1", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _load(port: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.peers.web_load", str(port), str(CONNECTIONS)]
    done = subprocess.run([*command, str(seconds)], cwd=ROOT, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
