"""What somebody else writes into our keys of Redis stops neither drains nor relays nor those who look."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import redis

from tests.support.command import Outcome, call
from tests.support.drains import STREAM, an_event, put, query, settings_for, stored_ids
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.producer.stream_keys import (
    admin_commands_key,
    beat_key,
    crash_markers_key,
    last_write_key,
    minute_key,
    outages_key,
    pause_key,
    policy_key,
    totals_key,
)
from trailkeeper.producer.wire import encode
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.stream_metrics import stream_metrics
from trailkeeper.worker.backlog import read_backlog
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.drain.full_redis import takes_writes
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.ingest import pause
from trailkeeper.worker.ingest.crash_markers import DELIVERIES_BEFORE_SUSPICION
from trailkeeper.worker.relay import Relayer
from trailkeeper.worker.upkeep import beat_alive

NOW = datetime.now(UTC)
MINUTES = [minute_key(STREAM, NOW + timedelta(minutes=number)) for number in range(30)]
OURS = [
    *(make(STREAM) for make in (pause_key, outages_key, totals_key, last_write_key, crash_markers_key)),
    *(make(STREAM) for make in (beat_key, admin_commands_key, policy_key)),
    f"{STREAM}:relays",
    *MINUTES,
]
FIELDS = [
    "stored",
    "dead_lettered",
    "quarantined",
    "duplicates",
    "store",
    "stream",
    "here/1",
    "1-1",
    "latency_ms",
]
TEXTS = [
    b"\xff\xfe", b"rubbish", b"", b"{", b"[1]", b"null", b"9" * 5_000, b"1e999", b"-1", b"0x10",
    b'{"cause":"store","detail":"for ever","since":"2026-01-01T00:00:00Z"}', b"2026-01-01", b"\x00",
    b'{"cause":"store","detail":"no zone","since":"2026-01-01T00:00:00"}',
    b'{"cause":"store","detail":"out of range","since":"0001-01-01T00:00:00+14:00"}',
]  # fmt: skip


def as_text(value: bytes) -> Callable[[redis.Redis, str], Any]:
    return lambda client, key: client.set(key, value)


def as_hash(value: bytes) -> Callable[[redis.Redis, str], Any]:
    return lambda client, key: client.hset(key, mapping={**dict.fromkeys(FIELDS, value), b"\xff": value})


GARBAGE: dict[str, Callable[[redis.Redis, str], Any]] = {
    "a list": lambda client, key: client.rpush(key, "x"),
    "a stream": lambda client, key: client.xadd(key, {"x": "y"}),
    **{f"the text {text[:20]!r}": as_text(text) for text in TEXTS},
    **{f"the hash of {text[:20]!r}": as_hash(text) for text in TEXTS},
}


@pytest.fixture
def ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, redis_url: str, database_url: str
) -> Callable[..., Outcome]:
    return partial(call, capsys, monkeypatch, REDIS_URL=redis_url, DATABASE_URL=database_url, SPOOL="off")


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_in_every_key_of_ours_stops_nothing(
    kind: str, client: redis.Redis, redis_url: str, database_url: str, ask: Callable[..., Outcome]
) -> None:
    settings = settings_for(redis_url, database_url)
    drained, suspect, relayed = an_event(), an_event(), an_event()
    [stream_id] = put(client, suspect)
    Stream(client, STREAM, "here/1").read(1)
    client.xclaim(STREAM, "drain", "here/1", 0, [stream_id], retrycount=DELIVERIES_BEFORE_SUSPICION)
    put(client, drained, b"no event")
    query(database_url, "INSERT INTO outbox (payload) VALUES (:payload)", payload=encode(relayed))

    def spoil() -> None:
        for key in OURS:
            client.delete(key)
            GARBAGE[kind](client, key)

    spoil()
    assert read_backlog(client, STREAM).paused is False
    spoil()
    status = json.loads(ask("status", "--json").out)
    assert not any("unknown" in status[part] for part in ("redis", "stream", "rate", "beat"))
    spoil()
    assert stream_metrics(ViewsSettings(redis_url=redis_url))
    for source in (Drainer, Relayer):
        spoil()
        process = source(settings, "here/1")
        process.run(20)
        process.close()
    assert stored_ids(database_url) == sorted(event.id for event in (drained, suspect, relayed))
    assert client.xlen(STREAM) == 0
    spoil()
    away = Drainer(settings_for(redis_url, "postgresql+psycopg2://postgres@127.0.0.1:1/postgres"), "here/2")
    put(client, an_event())
    with pytest.raises(StoreUnavailable):
        away.run(20)
    away.close()
    spoil()
    beat_alive(settings)
    assert takes_writes(client, STREAM)


def test_a_pause_that_none_of_us_made_is_removed_and_said_in_the_log(
    client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    client.set(pause_key(STREAM), "for ever \x1b[2J")
    with caplog.at_level(logging.WARNING):
        assert read_backlog(client, STREAM).paused is False
    assert client.exists(pause_key(STREAM)) == 0
    assert "pause" in caplog.text
    assert "\x1b" not in caplog.text
    pause.begin(client, STREAM, "store", "away")
    assert read_backlog(client, STREAM).paused is True
