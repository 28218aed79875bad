"""What the embedded Redis server remembers in its folder: port, password, configuration."""

from __future__ import annotations

import secrets
from pathlib import Path

from .remembered import LOOPBACK, Port, remembered, write_private


class RedisConfig:
    """Port and password are made once and kept, so that the URL stays the same from one start to the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._password_file = folder / "password"
        self._port = Port(folder / "port")

    @property
    def url(self) -> str:
        """``redis://:password@127.0.0.1:port/0``."""
        return f"redis://:{self._password()}@{LOOPBACK}:{self._port.number}/0"

    def write(self) -> Path:
        """Write the server's configuration file; as arguments, `ps` would show the password."""
        settings = {
            "bind": LOOPBACK,
            "port": str(self._port.number),
            "requirepass": self._password(),
            "dir": _quoted(str(self.folder.resolve())),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        return write_private(self.folder / "server.conf", text)

    def leave_taken_port(self) -> None:
        """Choose another port where a process that is not ours listens on the remembered one."""
        self._port.leave_if_taken()

    def remembers(self) -> bool:
        """Whether a server was started in this folder before."""
        return self._password_file.exists() and self._port.is_remembered()

    def _password(self) -> str:
        return remembered(self._password_file, lambda: secrets.token_urlsafe(24))


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
