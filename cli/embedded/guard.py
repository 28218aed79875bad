"""Ends a home's processes when the one that started them dies without doing so itself.

A process of its own that waits for the end of its input, which the kernel gives
it whatever way the other end dies. Not the parent-death signal: that one follows
a thread, does not pass a change of user, and gives no second chance.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from .leftovers import end_leftovers
from .lock import STOPPING, HomeLock

PATIENCE_SECONDS = 60
LOCK_SECONDS = 5.0
NOTHING_LEFT = b"."
"""What it is told by a stack that ended in order; one that dies says nothing."""


class Guard:
    """The watching side's handle on it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start to watch this process."""
        command = [sys.executable, "-m", "trailkeeper.cli.embedded.guard", str(self._home)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # the folder that `cli` is in; the home is given whole
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )

    def stop(self) -> None:
        """Say that there is nothing left to do, and wait until it is gone."""
        if self._process is None:
            return
        try:
            self._process.communicate(NOTHING_LEFT, PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def watch(home: Path) -> None:
    """Wait for the end of input, then end what may be left, unless a new stack does that already."""
    if sys.stdin.buffer.read() == NOTHING_LEFT:
        return
    lock = HomeLock(home / "lock")
    # a dying process' files are closed one after the other: its lock may be there a little longer
    deadline = time.monotonic() + LOCK_SECONDS
    while not lock.take_if_free(STOPPING):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)
    end_leftovers(home)
    lock.release()


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
