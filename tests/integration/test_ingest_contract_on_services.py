"""The kernel of ingestion behind each of its four sources, against real Postgres and Redis."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine

from tests.support.backfills import run_to_end, start_import, start_replay
from tests.support.contracts.ingest import ELSEWHERE, POISON, EventSource, IngestContract, Letter
from tests.support.drains import STREAM, put, query, settings_for
from trailkeeper.models.backfills import ENDED
from trailkeeper.producer.wire import REASONS
from trailkeeper.worker.backfills import Runner
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.relay import Relayer
from trailkeeper.worker.settings import WorkerSettings

SECONDS = 20.0


class ServerSource(EventSource):
    """A source on the servers of the fixtures."""

    def __init__(self, engine: Engine, settings: WorkerSettings, folder: Path) -> None:
        super().__init__(engine, settings.database_url)
        self.settings = settings
        self.folder = folder


class Stream(ServerSource):
    last_step = "trailkeeper.worker.drain.batches.StreamBatches.commit"

    def feed(self, *payloads: bytes) -> None:
        with redis.Redis.from_url(self.settings.redis_url) as client:
            put(client, *payloads)

    def run(self) -> None:
        drainer = Drainer(self.settings, "here/1")
        try:
            drainer.run(SECONDS)
        finally:
            drainer.close()

    def left(self) -> int:
        with redis.Redis.from_url(self.settings.redis_url) as client:
            return int(client.xlen(STREAM))


class Outbox(ServerSource):
    believes_numbers = False  # anybody who may insert could say that nothing is missing
    last_step = "trailkeeper.worker.relay.batch_marker.BatchMarker.count"

    def feed(self, *payloads: bytes) -> None:
        for payload in payloads:
            query(self.database_url, "INSERT INTO outbox (payload) VALUES (:payload)", payload=payload)

    def run(self) -> None:
        relayer = Relayer(self.settings, "here/1")
        try:
            relayer.run(SECONDS)
        finally:
            relayer.close()

    def left(self) -> int:
        return len(query(self.database_url, "SELECT 1 FROM outbox"))


class OfBackfills(ServerSource):
    """What is ingested by chunks of backfills."""

    last_step = "trailkeeper.worker.backfills.runner.advance"

    def run(self) -> None:
        runner = Runner(self.settings)
        try:
            for row in query(
                self.database_url, "SELECT id FROM backfills WHERE finished_at IS NULL ORDER BY id"
            ):
                run_to_end(runner, row["id"])
        finally:
            runner.close()

    def left(self) -> int:
        statement = "SELECT state FROM backfills"
        return sum(row["state"] not in ENDED for row in query(self.database_url, statement))


class Lines(OfBackfills):
    def __init__(self, engine: Engine, settings: WorkerSettings, folder: Path) -> None:
        super().__init__(engine, settings, folder)
        self._numbers = count()

    def feed(self, *payloads: bytes) -> None:
        path = self.folder / f"{next(self._numbers)}.jsonl"
        path.write_bytes(b"".join(payload + b"\n" for payload in payloads))
        start_import(self.engine, path)


class DeadLetters(OfBackfills):
    dead_letters_step = "trailkeeper.worker.backfills.replaying.judge_anew"

    def __init__(self, engine: Engine, settings: WorkerSettings, folder: Path) -> None:
        super().__init__(engine, settings, folder)
        self._numbers = count()

    def feed(self, *payloads: bytes) -> None:
        statement = (
            "INSERT INTO dead_letters (stream, stream_id, digest, reason, detail, deliveries, raw)"
            " VALUES (:stream, :stream_id, :digest, 'unsigned', 'before', 1, :raw)"
        )
        for payload in payloads:
            stream_id = f"{next(self._numbers)}-0"
            digest = hashlib.sha256(stream_id.encode() + payload).digest()[:16]
            about = {"stream": STREAM, "stream_id": stream_id, "digest": digest, "raw": payload}
            query(self.database_url, statement, **about)
        start_replay(self.engine)

    def letters(self) -> list[Letter]:
        return [letter for letter in super().letters() if letter.detail != "before"]


SOURCES: dict[str, type[ServerSource]] = {
    "stream": Stream,
    "outbox": Outbox,
    "lines": Lines,
    "dead-letters": DeadLetters,
}
Make = Callable[[str], ServerSource]


@pytest.fixture
def make(engine: Engine, redis_url: str, database_url: str, tmp_path: Path) -> Make:
    """Makes a source by its name."""
    settings = settings_for(redis_url, database_url, lease_seconds=0.1, retention_user_days="forever")
    return lambda name: SOURCES[name](engine, settings, tmp_path)


@pytest.fixture(params=SOURCES)
def source(make: Make, request: pytest.FixtureRequest) -> ServerSource:
    """Each of them."""
    return make(request.param)


@pytest.fixture
def other(make: Make, source: ServerSource) -> ServerSource:
    """Another one."""
    return make("lines" if isinstance(source, Stream) else "stream")


def test_every_reason_is_tested_with_every_source_or_where_it_arises() -> None:
    assert set(REASONS) == {*POISON, *ELSEWHERE, "worker_error"}
    for reason, module in ELSEWHERE.items():
        assert reason in Path(__file__).with_name(module).read_text(), reason


class TestIngest(IngestContract):
    """Every case, for every source."""
