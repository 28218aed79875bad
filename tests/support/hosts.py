"""Hosts of their own for workers: network namespaces, with cables to be pulled and clocks that are wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chaos.processes import Network

NETWORK = "10.231.{}.{}"
"""A network for each host: its own address ends in 2, and ours, where it finds the servers, in 1."""

AHEAD = """
import os, time_machine
from datetime import datetime, timedelta, UTC
seconds = float(os.environ["AHEAD_SECONDS"])
time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()
"""
"""What Python runs first on a host with another clock."""


class Host:
    """One host.

    Args:
        number: below 250.
        folder: for its logs.
        ahead_seconds: by how much its clock is wrong.
    """

    def __init__(self, number: int, folder: Path, ahead_seconds: float) -> None:
        self.name = f"tk-host-{os.getpid()}-{number}"
        self.ours = NETWORK.format(number, 1)
        self._cable = f"tk{os.getpid() % 100_000}-{number}"
        self._its = NETWORK.format(number, 2)
        self._folder = folder / self.name
        self._ahead_seconds = ahead_seconds

    def plug(self) -> None:
        """Make it, with a cable to us."""
        self._folder.mkdir(parents=True)
        (self._folder / "sitecustomize.py").write_text(AHEAD)
        _ip("netns", "add", self.name)
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("addr", "add", f"{self.ours}/24", "dev", self._cable)
        _ip("link", "set", self._cable, "up")
        for device in ("lo", "eth0"):
            _ip("-n", self.name, "link", "set", device, "up")
        _ip("-n", self.name, "addr", "add", f"{self._its}/24", "dev", "eth0")

    def unplug(self) -> None:
        """Remove it."""
        _ip("netns", "del", self.name)

    def vanish(self) -> None:
        """Pull its cable: nobody is told that its connections are gone."""
        _ip("link", "set", self._cable, "down")

    def come_back(self) -> None:
        """Put it in again."""
        _ip("link", "set", self._cable, "up")

    def thrown_away(self) -> int:
        """How many tasks its worker did not run, as they had expired by its clock."""
        return (self._folder / "log").read_text().count("Discarding revoked task")

    @contextmanager
    def worker(self, servers: Mapping[str, str]) -> Iterator[None]:
        """A worker there, for the time of the block.

        Args:
            servers: its settings.
        """
        path = [str(self._folder), *("." if entry == "" else entry for entry in sys.path)]
        environment = {
            **os.environ,
            **servers,
            "PYTHONPATH": os.pathsep.join(path),
            "AHEAD_SECONDS": str(self._ahead_seconds),
        }
        celery = [sys.executable, "-m", "celery", "-A", "trailkeeper.worker", "worker", "-c", "1"]
        options = ["-Q", "ingest", "-l", "INFO", "-n", f"worker@{self.name}"]
        command = ["ip", "netns", "exec", self.name, *celery, *options]
        with (self._folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def plugged(folder: Path, *ahead_seconds: float) -> Iterator[list[Host]]:
    """Hosts with these clocks; skips the test where no network namespace can be made."""
    with ExitStack() as closing:
        hosts = [Host(number, folder, ahead) for number, ahead in enumerate(ahead_seconds, 1)]
        for host in hosts:
            try:
                host.plug()
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"this user makes no network namespaces here: {error}")
            closing.callback(host.unplug)
        yield hosts


@contextmanager
def reachable(host: Host, *targets: str) -> Iterator[list[str]]:
    """Servers of ours where a host finds them, as ``host:port``."""
    networks = [Network(target, host.ours) for target in targets]
    try:
        yield [f"{network.host}:{network.port}" for network in networks]
    finally:
        for network in networks:
            network.stop()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
