"""One data folder, one stack: a lock on a file, gone with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from .errors import EmbeddedError

WAIT_SECONDS = 30.0
STOPPING = "stopping"
RUNNING = "running"


class FolderLock:
    """The lock of one data folder. The file says which process holds it, and whether that is stopping."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: int | None = None

    def take(self) -> None:
        """Take the lock; wait for a stack that is stopping.

        Raises:
            EmbeddedError: a running stack holds it, or a stopping one did not end in time.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.take_if_free(RUNNING):
            holder, state = self._holder()
            if state != STOPPING or time.monotonic() > deadline:
                home = self._file.parent
                raise EmbeddedError(
                    f"{home} is in use by process {holder}: stop it, or choose another folder with --home"
                )
            time.sleep(0.1)

    def take_if_free(self, state: str) -> bool:
        """Take the lock unless another process holds it."""
        held = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            return False
        self._held = held
        self.announce(state)
        return True

    def announce(self, state: str) -> None:
        """Write down what the holder is doing, for those that wait."""
        assert self._held is not None
        line = f"{os.getpid()} {state}\n".encode()
        os.pwrite(self._held, line, 0)
        os.ftruncate(self._held, len(line))

    def is_held(self) -> bool:
        """Whether this process holds it."""
        return self._held is not None

    def release(self) -> None:
        """Release it."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _holder(self) -> tuple[str, str]:
        holder, _, state = self._file.read_text().strip().partition(" ")
        return holder or "unknown", state
