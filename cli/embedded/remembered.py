"""What a home keeps in files from one start to the next: ports, passwords, configuration."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

LOOPBACK = "127.0.0.1"
SECONDS_TO_LEAVE = 1.0


def remembered(file: Path, make: Callable[[], str]) -> str:
    """What the file holds; made and written if there is none yet."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(file, make())
    return file.read_text()


def write_private(file: Path, text: str) -> Path:
    """Write a file whole or not at all, and never readable by others."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    return draft.replace(file)


class Port:
    """A port on the loopback: the same at each start, unless somebody else took it meanwhile."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def number(self) -> int:
        """The port."""
        return int(remembered(self._file, lambda: str(_free_port())))

    def is_remembered(self) -> bool:
        """Whether it was chosen before."""
        return self._file.exists()

    def leave_if_taken(self) -> None:
        """Choose another where something that is not ours keeps the remembered one."""
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        while not _is_free(self.number):
            if time.monotonic() > deadline:
                self._file.unlink()
                return
            time.sleep(0.02)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as the server does: a connection of the last start that lingers is no reason to move
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
