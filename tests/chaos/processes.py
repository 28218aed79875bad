"""Web processes and proxies as children that take orders on their standard input."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from .journal import Journal
from .proxy import HOST, Mode


class Network:
    """A proxy in a process of its own.

    Args:
        target: ``host:port`` or a Unix socket's path.
        host: address to listen on.
    """

    def __init__(self, target: str, host: str = HOST) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.proxy", target, host],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.host = host
        self.port = int(self._process.stdout.readline())

    def turn(self, mode: Mode) -> None:
        """From now on behave so."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{mode}\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


class Web:
    """A web process that is started again, under a new name, whenever it is killed before its work is done.

    Args:
        name: of its requests.
        count: how many requests it has to handle.
        rate: of requests a second.
        environment: where its Redis is.
        journal: told of each receipt.
    """

    def __init__(
        self, name: str, count: int, rate: float, environment: Mapping[str, str], journal: Journal
    ) -> None:
        self._name = name
        self._left = count
        self._rate = rate
        self._environment = dict(environment)
        self._journal = journal
        self._lives = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._stray: list[bytes] = []
        self.problem = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def is_done(self) -> bool:
        """Whether all requests were handled."""
        return not self._thread.is_alive()

    def kill(self) -> None:
        """End this life as a crash would."""
        if self._process is not None:
            self._process.kill()

    def order(self, line: str) -> None:
        """Tell the running process something; one that just ended does not hear it."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, ValueError):
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()

    def stop(self) -> None:
        """Handle no more requests."""
        self._ended.set()
        self.kill()
        self._thread.join()

    def _live(self) -> None:
        while self._left > 0 and not self._ended.is_set():
            self._lives += 1
            self._left -= self._one_life()

    def _one_life(self) -> int:
        command = [sys.executable, "-m", "tests.chaos.web", f"{self._name}.{self._lives}"]
        with subprocess.Popen(
            [*command, "--count", str(self._left), "--rate", str(self._rate)],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as self._process:
            assert self._process.stdout is not None
            assert self._process.stderr is not None
            log = threading.Thread(target=self._read_log, args=(self._process.stderr,))
            log.start()
            handled = self._journal.read(self._process.stdout)
            log.join()
        if self._process.returncode not in {0, -signal.SIGKILL}:
            self.problem = b"".join(self._stray).decode(errors="replace")
            self._ended.set()
        return handled

    def _read_log(self, lines: IO[bytes]) -> None:
        self._stray += self._journal.read_log(lines)
