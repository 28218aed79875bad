"""What a data folder keeps in files from one start to the next: ports, passwords, configuration."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
SECONDS_TO_LEAVE = 1.0


def remembered(file: Path, make: Callable[[], str]) -> str:
    """What the file holds; written if there is none yet. Whoever writes it first, all get the same."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = _draft(file, make())
        with suppress(FileExistsError):
            os.link(draft, file)  # never in the place of one that is in use
        draft.unlink()
    return file.read_text()


def write_private(file: Path, text: str) -> Path:
    """Write a file whole or not at all, and never readable by others."""
    return _draft(file, text).replace(file)


def _draft(file: Path, text: str) -> Path:
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    return draft


class Port:
    """A port on the loopback: the same at each start, unless something else took it meanwhile."""

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
        """Choose another where a process that is not ours listens on the remembered one."""
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
