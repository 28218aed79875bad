"""Web processes are killed at any moment while they spool and deliver; nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.drains import entries
from tests.support.servers import serving, valkey
from tests.support.spooling import a_queue, fill, soon
from tests.support.waiting import until, within
from trailkeeper.cli.embedded.redis import EmbeddedRedis
from trailkeeper.producer.spool import folder
from trailkeeper.producer.spool.status import read_status
from trailkeeper.producer.wire import decode

ROOT = Path(__file__).parents[2]
WRITERS = 4
KILLS = 24

WRITER = """
import os, sys, threading
from trailkeeper import Emitter, ProducerSettings
emitter = Emitter(ProducerSettings(redis_url=sys.argv[1], spool=sys.argv[2], breaker_seconds=0.05))
journal = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def emit():
    while True:
        receipt = emitter.emit("account:login:success", user="1")
        if receipt.outcome in ("stream", "spooled"):
            os.write(journal, f"{receipt} {receipt.outcome}\\n".encode())

for _ in range(3):
    threading.Thread(target=emit).start()
"""


class Writers:
    """Processes that emit from three threads each and write down what was acknowledged."""

    def __init__(self, url: str, place: Path) -> None:
        self._command = [sys.executable, "-c", WRITER, url, str(place / "spool.sqlite")]
        self._place = place
        self._number = 0
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self._number += 1
        journal = self._place / f"journal-{self._number}"
        self.processes.append(subprocess.Popen([*self._command, str(journal)], cwd=ROOT))

    def kill(self, number: int) -> None:
        process = self.processes.pop(number)
        process.kill()
        process.wait()

    def acknowledged(self) -> dict[UUID, str]:
        """Id and outcome of what writers were told, as far as they came to write it down whole."""
        found = {}
        for journal in self._place.glob("journal-*"):
            for line in journal.read_text().splitlines(keepends=True):
                identity, _, outcome = line.partition(" ")
                if outcome.endswith("\n"):
                    found[UUID(identity)] = outcome.strip()
        return found


@pytest.fixture
def server(services_folder: Path) -> Iterator[EmbeddedRedis]:
    with serving(valkey(services_folder / "spool-kills")) as found:
        yield found


@pytest.fixture
def writers(server: EmbeddedRedis, tmp_path: Path) -> Iterator[Writers]:
    found = Writers(server.url, tmp_path)
    for _ in range(WRITERS):
        found.start()
    yield found
    while found.processes:
        found.kill(0)


def test_killing_writers_through_outages_loses_nothing_that_was_acknowledged(
    server: EmbeddedRedis, writers: Writers, tmp_path: Path
) -> None:
    choice = random.Random(3)  # the same victims every time, as far as the machine allows
    until(lambda: len(writers.acknowledged()) > 100)
    for number in range(KILLS):
        if number % 4 == 0:  # there and back, so that kills meet spooling, delivering and plain emits
            os.kill(server.pid, signal.SIGSTOP if number % 8 == 0 else signal.SIGCONT)
        writers.kill(choice.randrange(WRITERS))
        writers.start()
        time.sleep(choice.uniform(0.05, 0.4))  # the interval of the kills, not a wait for anything
    os.kill(server.pid, signal.SIGCONT)
    queue = a_queue(tmp_path)
    until(lambda: read_status(queue.file).waiting == 0, what="all is delivered by those who live")
    while writers.processes:
        writers.kill(0)

    acknowledged = writers.acknowledged()
    stored = {decode(fields[b"e"])[0].id for fields in entries(server.url)}
    waiting = {decode(fields[b"e"])[0].id for fields in queue.oldest(soon()).entries}
    assert set(acknowledged.values()) == {"stream", "spooled"}
    assert set(acknowledged) - stored - waiting == set()
    assert folder.aside(queue.file.path) == []


def test_a_file_killed_writers_left_takes_events_at_once(
    server: EmbeddedRedis, writers: Writers, tmp_path: Path
) -> None:
    server.kill()
    queue = a_queue(tmp_path)
    for _ in range(3):
        before = read_status(queue.file).waiting
        until(lambda wanted=before + 20: read_status(queue.file).waiting > wanted)  # type: ignore[misc]  # its default's type
        while writers.processes:
            writers.kill(0)
        with within(1):
            fill(queue, b"{}")
        for _ in range(WRITERS):
            writers.start()
    server.start()
