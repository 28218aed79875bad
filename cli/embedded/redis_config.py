"""What the embedded Redis server remembers in its folder: port, password, configuration."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path

LOOPBACK = "127.0.0.1"
SECONDS_TO_LEAVE = 1.0


class RedisConfig:
    """Port and password are made once and kept, so that a URL stays good from one start to the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._password_file = folder / "password"

    @property
    def url(self) -> str:
        """``redis://:password@127.0.0.1:port/0``."""
        return f"redis://:{self._password()}@{LOOPBACK}:{self._port()}/0"

    def write(self) -> Path:
        """Write the server's configuration file; as arguments, `ps` would show the password."""
        settings = {
            "bind": LOOPBACK,
            "port": str(self._port()),
            "requirepass": self._password(),
            "dir": _quoted(str(self.folder.resolve())),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        return _write_private(self.folder / "server.conf", text)

    def leave_taken_port(self) -> None:
        """Choose another port where something that is not ours keeps the remembered one."""
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        while not _is_free(self._port()):
            if time.monotonic() > deadline:
                (self.folder / "port").unlink()
                return
            time.sleep(0.02)

    def remembers(self) -> bool:
        """Whether a server was started in this folder before."""
        return self._password_file.exists() and (self.folder / "port").exists()

    def _port(self) -> int:
        return int(self._remembered(self.folder / "port", lambda: str(_free_port())))

    def _password(self) -> str:
        return self._remembered(self._password_file, lambda: secrets.token_urlsafe(24))

    def _remembered(self, file: Path, make: Callable[[], str]) -> str:
        if not file.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_private(file, make())
        return file.read_text()


def _write_private(file: Path, text: str) -> Path:
    """Whole or not at all, and never readable by others."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    return draft.replace(file)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
