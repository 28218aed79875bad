"""The example application as a process of its own, used over HTTP by its scripted people."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.support.drains import entries
from trailkeeper.examples.package_index.clients import drive
from trailkeeper.producer.event import Event
from trailkeeper.producer.wire import decode


@pytest.fixture
def process(tmp_path: Path, redis_url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "trailkeeper.examples.package_index.serve", "--rehearsal"]
    served = subprocess.Popen(
        [*command, "--database", str(tmp_path / "index.sqlite")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TRAILKEEPER_REDIS_URL": redis_url},
    )
    yield served
    served.kill()
    served.communicate()


@pytest.fixture
def url(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return str(json.loads(process.stdout.readline())["url"])


def test_every_event_that_the_application_confirmed_is_in_the_stream(
    process: subprocess.Popen[str], url: str, redis_url: str
) -> None:
    told: list[UUID] = []
    confirmed = drive(url, seconds=1.5, on_event=told.append)
    events = _stored(redis_url)
    assert len(confirmed) == 470  # as the guide says
    assert sorted(told) == sorted(confirmed)
    assert sorted(event.id for event in events) == sorted(confirmed)
    assert len({event.ip for event in events if event.ip}) > 25
    assert len({event.user_agent for event in events if event.user_agent}) > 20
    assert {event.actor.kind for event in events} == {"user", "service", "staff", "system", "anonymous"}
    assert "127.0.0.1" not in {event.ip for event in events}
    _stop(process)


def test_it_stops_when_asked_and_answers_until_then(process: subprocess.Popen[str], url: str) -> None:
    connection = HTTPConnection(str(urlsplit(url).netloc), timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()
    _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def _stored(redis_url: str) -> list[Event]:
    return [decode(fields[b"e"])[0] for fields in entries(redis_url)]
