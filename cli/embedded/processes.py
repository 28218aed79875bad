"""Child processes with a log and a record on disk, so that whoever comes after a crash can end them."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import EmbeddedError
from .records import end_group, forget, record


class Child:
    """A command that runs until it is stopped; in a session of its own, so that Ctrl-C reaches us alone.

    Args:
        name: what messages and the record call it.
        command: program and arguments.
        log: where its output goes; appended to.
        records: folder of the records.
        environment: its environment, whole; None for that of this process.
        patience: seconds between asking it to stop and killing it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        records: Path,
        environment: Mapping[str, str] | None,
        patience: float,
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._records = records
        self._environment = environment
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> object:
        """Start it.

        Raises:
            EmbeddedError: the program or its log cannot be opened.
        """
        # a killed worker's pool would go on beside the new one, under the same names
        self._end_group()
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=self._environment,
                    # a folder of ours: Celery imports from the current one
                    cwd=self._records,
                    start_new_session=True,
                )
        except OSError as error:
            raise EmbeddedError(f"{self.name} did not start: {error}") from error
        record(self._records, self.name, self._process.pid)
        return None

    @property
    def pid(self) -> int | None:
        """The process id, or None before the first start."""
        return self._process.pid if self._process else None

    def is_running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    def ending(self) -> str:
        """How it ended, in words: ``was killed by SIGKILL``, ``ended with exit code 2``."""
        code = self._process.poll() if self._process else None
        if code is None:
            return "has not ended"
        return f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"

    def stop(self) -> None:
        """Ask it to finish what it is doing, and after its patience end it and its own children."""
        if self._process is not None:
            end(self._process, self._patience)
            self._end_group()
            forget(self._records, self.name)

    def kill(self) -> None:
        """End it and its own children at once, as a crash would."""
        if self._process is not None:
            self._end_group()
            self._process.kill()
            self._process.wait()

    def hurry(self) -> None:
        """Be patient no longer."""
        self._patience = 0.0
        if self.is_running():
            self._end_group()

    def _end_group(self) -> None:
        """Its session's other processes, such as a pool that a killed worker left."""
        if self._process is not None:
            end_group(self._process.pid)


def end(process: subprocess.Popen[bytes], patience: float) -> None:
    """Ask a process to end; one that has not after *patience* seconds is killed."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
