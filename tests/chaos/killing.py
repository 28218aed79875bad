"""Somebody who kills processes at random, and runs commands until one lives to its end."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Self

import psutil

from tests.support.stacks import pool_of
from trailkeeper.cli.embedded.stack import Stack

TRIES = 20
KILLED = -9
FIRST_TRIES = 2
"""So often a command is killed itself, at most; it is run again as an operator would."""


class Killer:
    """Kills pool processes, now and then the worker or beat, from its beginning until its end.

    Args:
        stack: whose processes.
        seed: of the choice.
    """

    def __init__(self, stack: Stack, seed: int) -> None:
        self._stack = stack
        self._choice = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._kill_and_kill)
        self.kills = 0

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.rest()

    def rest(self) -> None:
        """Kill no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def command(self, *arguments: str) -> str:
        """What `trailkeeper` says in the end; its first runs may be killed.

        Raises:
            RuntimeError: it failed, for another reason than that.
        """
        for number in range(TRIES):
            patience = self._choice.uniform(0.5, 4) if number < FIRST_TRIES else None
            code, out, err = self._run(arguments, patience)
            if code == 0:
                return out
            if code != KILLED and not self._is_hurt(err):
                raise RuntimeError(f"trailkeeper {' '.join(arguments)} ended with {code}: {err}")
        raise RuntimeError(f"trailkeeper {' '.join(arguments)} did not end well {TRIES} times: {err}")

    def _run(self, arguments: tuple[str, ...], patience: float | None) -> tuple[int, str, str]:
        line = [sys.executable, "-m", "trailkeeper.cli.main", *arguments]
        pipe = subprocess.PIPE
        operator = self._stack.environment | {"TRAILKEEPER_DATABASE_URL": self._stack.database_url}
        with subprocess.Popen(line, env=operator, stdout=pipe, stderr=pipe, text=True) as process:
            try:
                out, err = process.communicate(timeout=patience)
            except subprocess.TimeoutExpired:
                process.kill()
                self.kills += 1
                out, err = process.communicate()
        return process.returncode, out, err

    def _is_hurt(self, said: str) -> bool:
        """Whether a command failed as somebody else is still at it, such as a killed one's successor."""
        return "already" in said or "at work" in said

    def _kill_and_kill(self) -> None:
        while not self._stop.wait(self._choice.uniform(0.3, 1.5)):
            victim = self._victim()
            with suppress(psutil.NoSuchProcess):  # it was just being replaced
                if victim is not None:
                    victim.kill()
                    self.kills += 1

    def _victim(self) -> psutil.Process | None:
        drawn = self._choice.random()
        name = "worker" if drawn < 0.1 else "beat" if drawn < 0.2 else ""
        if name:
            pid = self._stack.pids().get(name)
            return psutil.Process(pid) if pid else None
        return next(iter(pool_of(self._stack)), None)
