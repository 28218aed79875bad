"""The numbers for Prometheus are those of the pipeline, and shown to whom they are meant for."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from tests.support.api import ADMIN, OWNER, app_with, asking, problem
from tests.support.drains import STREAM, an_event, put, settings_for
from tests.support.rows import store_in
from trailkeeper.models.tables import Purge
from trailkeeper.producer.metrics.prometheus import PrometheusMetrics
from trailkeeper.producer.stream_keys import GROUP, beat_key
from trailkeeper.views.viewer import Viewer
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.drain.full_redis import takes_writes
from trailkeeper.worker.ingest import pause

RULES = Path(__file__).parents[2] / "docs" / "prometheus.rules.yml"
TOKEN = "a token for the one who collects numbers"
Series = dict[tuple[str, ...], float]


def numbers(redis_url: str, database_url: str, viewer: Viewer = ADMIN) -> Series:
    """Every series by its name and the values of its labels."""
    app = app_with(redis_url=redis_url, database_url=database_url)
    with asking(app, viewer) as client:
        response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name.removeprefix("trailkeeper_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_what_went_through_the_pipeline_is_counted(
    redis_url: str, database_url: str, client: redis.Redis
) -> None:
    now = datetime.now(UTC)
    event = an_event(now - timedelta(seconds=2))
    put(client, event, an_event(now), b"rubbish", b"rubbish too")
    drainer = Drainer(settings_for(redis_url, database_url), "here/1")
    drainer.run()
    put(client, event)
    drainer.run()
    drainer.close()
    put(client, an_event(), an_event())
    client.xreadgroup(GROUP, "elsewhere/1", {STREAM: ">"}, count=1)
    found = numbers(redis_url, database_url)
    assert found["up", "redis"] == found["up", "postgres"] == 1
    assert found["emitted_total",] == 7
    assert (found["stored_total",], found["duplicates_total",]) == (2, 1)
    assert (found["dead_lettered_total",], found["quarantined_total",]) == (2, 0)
    assert (found["backlog",], found["pending",]) == (1, 1)
    assert 0 <= found["oldest_seconds",] < 60
    assert found["dead_letters", "not_json"] == 2
    assert found["newest_event_timestamp_seconds",] > (now - timedelta(seconds=1)).timestamp()
    assert found["latency_seconds_count",] == found["latency_seconds_bucket", "+Inf"] == 2
    assert found["latency_seconds_bucket", "1.0"] <= 1
    assert 2 <= found["latency_seconds_sum",] < 120


def test_every_metric_that_an_alert_reads_is_there(
    redis_url: str, database_url: str, client: redis.Redis
) -> None:
    takes_writes(client, STREAM)
    client.set(beat_key(STREAM), datetime.now(UTC).isoformat())
    producers = CollectorRegistry()
    PrometheusMetrics(producers).increment("trailkeeper.events", ["tag:a:b", "outcome:spooled"])
    there = {f"trailkeeper_{name}" for name, *_ in numbers(redis_url, database_url)}
    there |= {sample.name for family in producers.collect() for sample in family.samples}
    expressions = re.findall(r"^ *expr: (.*)$", RULES.read_text(), re.MULTILINE)
    read = {name for expression in expressions for name in re.findall(r"trailkeeper_\w+", expression)}
    assert len(expressions) == 12
    assert read - there == set()


def test_a_pipeline_that_is_new_has_its_numbers_at_zero(redis_url: str, database_url: str) -> None:
    found = numbers(redis_url, database_url)
    assert found["stored_total",] == found["backlog",] == found["oldest_seconds",] == 0
    assert found["latency_seconds_bucket", "+Inf"] == 0
    assert found["paused", "store"] == found["paused", "stream"] == found["crash_markers",] == 0
    assert ("beat_age_seconds",) not in found


def test_pauses_beats_and_purges_are_told(
    redis_url: str,
    database_url: str,
    engine: Engine,
    client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pause, "SECONDS", 50.0)  # it is to be on until the numbers are read
    pause.begin(client, STREAM, "stream", "away")
    client.set(beat_key(STREAM), (datetime.now(UTC) - timedelta(seconds=90)).isoformat())
    moment = datetime(2026, 11, 15, tzinfo=UTC)
    for events in (5, 7):
        times = {"started_at": moment, "finished_at": moment, "before": moment}
        store_in(engine, Purge, scope="user", retention_days=365, partitions=1, events=events, **times)
    found = numbers(redis_url, database_url)
    assert (found["paused", "stream"], found["paused", "store"]) == (1, 0)
    assert found["paused_since_timestamp_seconds", "stream"] == pytest.approx(time.time(), abs=60)
    assert ("paused_since_timestamp_seconds", "store") not in found
    assert 89 < found["beat_age_seconds",] < 150
    assert (found["purges_total", "user"], found["purged_events_total", "user"]) == (2, 12)
    assert found["last_purge_timestamp_seconds", "user"] == moment.timestamp()


def test_a_full_redis_is_told_with_the_time_of_its_last_write(
    redis_url: str, database_url: str, client: redis.Redis
) -> None:
    assert takes_writes(client, STREAM)
    well = numbers(redis_url, database_url)
    client.config_set("maxmemory", "1")
    try:
        found = numbers(redis_url, database_url)
    finally:
        client.config_set("maxmemory", "0")
    assert (well["redis_full",], found["redis_full",]) == (0, 1)
    assert (well["redis_maxmemory_bytes",], found["redis_maxmemory_bytes",]) == (0, 1)
    assert found["redis_memory_bytes",] > 100_000
    assert found["redis_last_write_timestamp_seconds",] == well["redis_last_write_timestamp_seconds",]


def test_of_a_server_that_is_away_only_that_is_told(redis_url: str, database_url: str) -> None:
    nowhere = "postgresql+psycopg2://postgres@127.0.0.1:1/nothing"
    found = numbers(redis_url, nowhere)
    assert (found["up", "redis"], found["up", "postgres"]) == (1, 0)
    assert ("backlog",) in found
    assert not [name for name, *_ in found if name.startswith("purge")]
    found = numbers("redis://:hunter2@127.0.0.1:1/0", database_url)
    assert (found["up", "redis"], found["up", "postgres"]) == (0, 1)
    assert ("backlog",) not in found


def test_numbers_are_for_staff_and_for_who_brings_their_token(redis_url: str, database_url: str) -> None:
    said = "metrics are for staff, and for requests with the token of TRAILKEEPER_METRICS_TOKEN"
    app = app_with(redis_url=redis_url, database_url=database_url, metrics_token=TOKEN)
    with asking(app) as client:
        assert problem(client.get("/metrics"), 401) == said
        assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        problem(client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"}), 401)
        problem(client.get("/api/v1/events", headers={"Authorization": f"Bearer {TOKEN}"}), 401)
    with asking(app, OWNER) as client:
        assert problem(client.get("/metrics"), 401) == said
