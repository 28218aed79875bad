"""A suite or a benchmark that is killed leaves nothing running, and nothing temporary behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.guard import GUARDED
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
SUITE = """
import json, subprocess, time
from tests.support.stacks import running

def test_that_is_killed(redis_server, postgres, services_folder, tmp_path):
    with running(services_folder / "stack") as stack:
        other = subprocess.Popen(["sleep", "60"])
        pids = [redis_server.pid, postgres.pid(), other.pid, *stack.pids().values()]
        folders = [redis_server.folder, postgres.folder, stack.home]
        print(json.dumps({"pids": pids, "folders": list(map(str, folders))}), flush=True)
        time.sleep(60)
"""
BENCHMARK = """
import json, time
from tests.benchmarks.machine import machine
from tests.benchmarks.scale import QUICK

with machine(QUICK, lambda said: None) as made:
    pids = [made._postgres.pid(), made._redis.pid]
    print(json.dumps({"pids": pids, "folders": [str(made._redis.folder)]}), flush=True)
    time.sleep(60)
"""


def test_a_killed_suite_takes_its_servers_and_folders_with_it(tmp_path: Path) -> None:
    (tmp_path / "test_killed.py").write_text(SUITE)
    options = ["-sq", "-p", "tests.conftest", "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)]
    _kill_and_look([sys.executable, "-m", "pytest", *options])


def test_a_killed_benchmark_takes_its_servers_and_folders_with_it() -> None:
    _kill_and_look([sys.executable, "-c", BENCHMARK])


def _kill_and_look(command: list[str]) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in {GUARDED, "PYTEST_XDIST_WORKER"}
    }
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as suite:
        assert suite.stdout is not None
        line = next((line for line in suite.stdout if "{" in line), "")
        if not line:
            pytest.fail("it did not start")
        started = json.loads(line[line.index("{") :])
        assert all(map(psutil.pid_exists, started["pids"]))
        suite.send_signal(signal.SIGKILL)
    until(lambda: not any(map(psutil.pid_exists, started["pids"])), 15, "its processes ended")
    until(lambda: not any(Path(folder).exists() for folder in started["folders"]), 15, "its folders went")
