"""Ends a stack's processes when the process that started them dies without doing so itself.

A process of its own waits for the end of its input, which the kernel closes however
the other end dies. The parent-death signal would not do: it follows a thread, is lost
when the user changes, and cannot ask before it kills.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from .lock import STOPPING, FolderLock
from .postgres import EmbeddedPostgres
from .records import end_recorded

PATIENCE_SECONDS = 60
LOCK_SECONDS = 5.0
NOTHING_LEFT = b"."
"""What a stack that ended in order writes to it; one that dies writes nothing."""


class Guard:
    """The stack's handle on its guard."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start to guard this process."""
        command = [sys.executable, "-m", "trailkeeper.cli.embedded.guard", str(self._home)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # where `trailkeeper` can be imported from; the data folder is an absolute path
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )

    def stop(self) -> None:
        """Dismiss it, and wait until it has ended."""
        if self._process is None:
            return
        try:
            self._process.communicate(NOTHING_LEFT, PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def watch(home: Path) -> None:
    """Wait for the end of input, then end what is left, unless a new stack already does that."""
    if sys.stdin.buffer.read() == NOTHING_LEFT:
        return
    lock = FolderLock(home / "lock")
    # a dying process' files are closed one after the other: its lock may be there a little longer
    deadline = time.monotonic() + LOCK_SECONDS
    while not lock.take_if_free(STOPPING):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)
    end_leftovers(home)
    lock.release()


def end_leftovers(home: Path) -> list[str]:
    """End the worker, beat and servers that still use this data folder. The caller holds its lock.

    Returns:
        The names of what still ran.

    Raises:
        EmbeddedError: Postgres did not stop.
    """
    ended = end_recorded(home / "run")
    postgres = EmbeddedPostgres(home / "postgres")
    if postgres.is_running():
        postgres.stop()
        ended.append(postgres.name)
    return ended


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
