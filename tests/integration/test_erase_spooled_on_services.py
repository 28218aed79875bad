"""What waits in the spool of the host when an erasure begins is stored first, and then erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.draining import a_drain
from tests.support.drains import STREAM, an_event, query, settings_for
from tests.support.spooling import a_queue, held, soon
from trailkeeper.producer.event import Actor, Subject
from trailkeeper.producer.spool import flushing
from trailkeeper.producer.spool.queue import Queue
from trailkeeper.producer.transports import RedisStream
from trailkeeper.producer.wire import encode
from trailkeeper.worker.retention import Undrained, erase
from trailkeeper.worker.settings import WorkerSettings

ANN, BY_ANN = Subject(id="u1", name="ann"), Actor(kind="user", id="u1", name="ann")


@pytest.fixture
def settings(redis_url: str, database_url: str, tmp_path: Path) -> WorkerSettings:
    return settings_for(redis_url, database_url, spool=str(tmp_path / "spool.sqlite"))


@pytest.fixture
def queue(redis_url: str, tmp_path: Path) -> Queue:
    found = a_queue(tmp_path, place=RedisStream(redis_url, STREAM).place)
    found.put({b"e": encode(an_event(user=ANN, actor=BY_ANN))}, "account:login:success", soon())
    return found


@pytest.fixture
def draining(settings: WorkerSettings) -> Iterator[None]:
    """A worker, for the time of a test."""
    with a_drain(settings):
        yield


@pytest.mark.usefixtures("draining")
def test_what_waits_in_the_spool_is_stored_first_and_then_erased(
    settings: WorkerSettings, queue: Queue, database_url: str
) -> None:
    assert erase(settings, "u1").events == 1
    assert held(queue) == []
    assert query(database_url, "SELECT user_id, user_name FROM events WHERE scope = 'user'") == [
        {"user_id": "u1", "user_name": None}
    ]


def test_nothing_is_erased_while_the_spool_is_not_delivered(
    settings: WorkerSettings, queue: Queue, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flushing, "FILE_SECONDS", 0.05)
    with flushing._thread_lock, pytest.raises(Undrained, match="what waits in the spool is not delivered"):
        erase(settings, "u1", wait_seconds=0.1)
    assert len(held(queue)) == 1
    assert query(database_url, "SELECT id FROM erasures") == []
