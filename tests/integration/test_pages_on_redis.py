"""The pipeline's figures, from a real server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf

import redis

from tests.support.drains import STREAM, an_event, put
from trailkeeper.producer.stream_keys import beat_key, latency_field, pause_key, totals_key
from trailkeeper.views.pages.pipeline_facts import StreamFacts, stream_facts
from trailkeeper.views.settings import ViewsSettings


def _facts(redis_url: str) -> StreamFacts:
    found = stream_facts(ViewsSettings(redis_url=redis_url, stream=STREAM))
    assert found is not None
    return found


def test_a_stream_that_was_never_written_to_has_no_figures(redis_url: str) -> None:
    assert _facts(redis_url) == StreamFacts(
        waiting=0,
        being_stored=0,
        oldest_seconds=0.0,
        stored=0,
        paused=None,
        beat_seconds=None,
        usual_seconds=None,
    )


def test_what_waits_what_was_stored_and_what_stops_it(client: redis.Redis, redis_url: str) -> None:
    put(client, an_event(), an_event())
    client.hset(totals_key(STREAM), mapping={"stored": 9, latency_field(0.25): 4, latency_field(1.0): 5})
    client.set(pause_key(STREAM), '{"cause":"rejection_limit","detail":"","since":"2026-11-15T12:00:00Z"}')
    client.set(beat_key(STREAM), (datetime.now(UTC) - timedelta(seconds=30)).isoformat())
    facts = _facts(redis_url)

    assert (facts.waiting, facts.being_stored, facts.stored, facts.paused) == (2, 0, 9, "rejection_limit")
    assert 0 <= facts.oldest_seconds < 30
    assert facts.beat_seconds is not None
    assert 30 <= facts.beat_seconds < 60
    assert facts.usual_seconds == 1.0


def test_events_stored_after_more_than_an_hour_have_no_bound(client: redis.Redis, redis_url: str) -> None:
    client.hset(totals_key(STREAM), mapping={"stored": 3, latency_field(None): 3})

    assert _facts(redis_url).usual_seconds == inf
