"""The read side as a process of its own, asked over one connection that stays open."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import psutil

from trailkeeper.cli.embedded.processes import Child
from trailkeeper.producer.settings import variable
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import ANYBODY, Viewer

from .history_asked import HUNDREDTH, Asked
from .machine import Machine
from .timing import until

SECRET = "a secret for measurements, of no worth to anybody"
HOST = "127.0.0.1"
A_DAY = 86_400.0
READ_BYTES = 1 << 16
MEGABYTE = 1024**2


def views_settings(machine: Machine, database: str) -> ViewsSettings:
    """Of a service on one of the machine's databases."""
    return ViewsSettings(
        redis_url=machine.redis_url, database_url=machine.database_url(database), token_secret=SECRET
    )


class Service:
    """A client of the service; `ask` leaves nothing unread, so that the connection is used again."""

    def __init__(self, port: int, pid: int, settings: ViewsSettings) -> None:
        self._connection = HTTPConnection(HOST, port)
        self._process = psutil.Process(pid)
        self._settings = settings

    def headers(self, viewer: Viewer) -> dict[str, str]:
        """Who asks."""
        token = mint(self._settings, viewer, A_DAY)
        return {} if viewer is ANYBODY else {"Authorization": f"Bearer {token}"}

    def ask(self, path: str, headers: dict[str, str]) -> bytes:
        """The body of an answer."""
        return self._opened(path, headers).read()

    def hundredth(self, asked: Asked, headers: dict[str, str]) -> str:
        """The address of the hundredth page, or of the last one where there are fewer."""
        path = asked.path
        for _ in range(HUNDREDTH):
            page: dict[str, Any] = json.loads(self.ask(path, headers))
            if page["links"]["older"] is None:
                break
            path = page["links"]["older"]
        return path

    def count_lines(self, path: str, headers: dict[str, str]) -> tuple[int, float]:
        """The line ends of a file, and the most megabytes that the service had while it was sent."""
        answer, lines, most = self._opened(path, headers), 0, self.megabytes()
        while part := answer.read(READ_BYTES):
            lines += part.count(b"\n")
            most = max(most, self.megabytes())
        return lines, most

    def megabytes(self) -> float:
        """Its resident memory."""
        return float(self._process.memory_info().rss) / MEGABYTE

    def processor_seconds(self) -> float:
        """What it has had of all cores since it was started."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _opened(self, path: str, headers: dict[str, str]) -> HTTPResponse:
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}: {answer.read()[:300]!r}")
        return answer


@contextmanager
def serving(machine: Machine, database: str) -> Iterator[Service]:
    """The service on one of the machine's databases, for the time of the block."""
    port = _free_port()
    settings = views_settings(machine, database)
    own = {"token_secret": SECRET, "views_host": HOST, "views_port": str(port), "cookie_secure": "false"}
    child = Child(
        "views",
        [sys.executable, "-m", "trailkeeper.cli.main", "serve"],
        log=machine.home / "views.log",
        records=machine.home,
        environment=machine.environment(database) | {variable(name): value for name, value in own.items()},
        patience=2.0,
    )
    child.start()
    try:
        until(lambda: _answers(child, port), "the service answers")
        assert child.pid is not None
        service = Service(port, child.pid, settings)
        yield service
        service.close()
    finally:
        child.stop()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def _answers(child: Child, port: int) -> bool:
    if not child.is_running():
        raise RuntimeError(f"the service ended at once: {child.log.read_text()[-500:]}")
    try:
        with socket.create_connection((HOST, port), 1):
            return True
    except OSError:
        return False
