"""`trailkeeper up` as a process of its own, for tests that look at it from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import psutil

from tests.support.waiting import until
from trailkeeper.producer.settings import PREFIX


def processes_of(home: Path) -> dict[int, list[str]]:
    """Command lines of the processes that work in or on a home, whoever started them."""
    found = {}
    for process in psutil.process_iter():
        try:
            where, command = process.cwd(), process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if str(home) in where or any(str(home) in word for word in command):
            found[process.pid] = command
    return {pid: command for pid, command in found.items() if command}


class Up:
    """One run of the command; ended at the latest when the block ends."""

    def __init__(self, home: Path, *arguments: str, **variables: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment = inherited | {PREFIX + name: value for name, value in variables.items()}
        command = [
            sys.executable,
            "-m",
            "trailkeeper.cli.main",
            "up",
            "--home",
            str(home),
            "--concurrency",
            "2",
            *arguments,
        ]
        self.home = home
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # a suite in the background of a shell ignores it, and so would the command that is to obey it
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def addresses(self) -> dict[str, Any]:
        """The first line of --json."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        found: dict[str, Any] = json.loads(line)
        return found

    def pid_of(self, name: str) -> int | None:
        """The process that is recorded under a name, while it lives."""
        try:
            pid = int((self.home.resolve() / "run" / f"{name}.pid").read_text().split()[0])
            # asked once: between two questions it may have ended
            return None if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE else pid
        except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
            return None

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal and wait; returns the exit code and what was said on standard error."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=180)
        return self.process.returncode, said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        until(lambda: not processes_of(self.home.resolve()))
