"""The pipeline's figures, from a real server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf

import redis

from tests.support.drains import STREAM, an_event, put
from trailkeeper.producer.stream_keys import beat_key, latency_field, pause_key, totals_key
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.stream_state import StreamState, read_stream


def _state(redis_url: str) -> StreamState:
    return read_stream(ViewsSettings(redis_url=redis_url, stream=STREAM))


def test_a_stream_that_was_never_written_to_has_no_figures(redis_url: str) -> None:
    state = _state(redis_url)
    assert replace(state, memory={}) == StreamState()
    assert (state.median_seconds, state.full) == (None, False)


def test_what_waits_what_was_stored_and_what_stops_it(client: redis.Redis, redis_url: str) -> None:
    put(client, an_event(), an_event())
    client.hset(totals_key(STREAM), mapping={"stored": 9, latency_field(0.25): 4, latency_field(1.0): 5})
    client.set(pause_key(STREAM), '{"cause":"stream","detail":"","since":"2026-11-15T12:00:00Z"}')
    client.set(beat_key(STREAM), (datetime.now(UTC) - timedelta(seconds=30)).isoformat())
    state = _state(redis_url)

    assert (state.waiting, state.pending, state.totals["stored"]) == (2, 0, 9)
    assert [pause.cause for pause in state.pauses] == ["stream"]
    assert 0 <= state.oldest_seconds < 30
    assert state.beat_seconds is not None
    assert 30 <= state.beat_seconds < 60
    assert state.median_seconds == 1.0


def test_events_stored_after_more_than_an_hour_have_no_bound(client: redis.Redis, redis_url: str) -> None:
    client.hset(totals_key(STREAM), mapping={"stored": 3, latency_field(None): 3})

    assert _state(redis_url).median_seconds == inf
