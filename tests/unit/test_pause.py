"""How long drains pause, and what is remembered of why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis
from fakeredis import FakeRedis, FakeServer
from hypothesis import given
from hypothesis import strategies as st

from tests.support.drains import STREAM
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.stream_keys import pause_key
from trailkeeper.worker.ingest import pause

LONGEST_SECONDS = 30
CAUSES = st.sampled_from(["store", "stream"])


@pytest.fixture
def client() -> redis.Redis:
    return FakeRedis(server=FakeServer())


def soon() -> datetime:
    """When a drain begins that comes after all that was noted."""
    return datetime.now(UTC) + timedelta(microseconds=1)


@given(causes=st.lists(CAUSES, min_size=1, max_size=50))
def test_however_often_it_failed_the_next_try_is_as_near(causes: list[str]) -> None:
    client = FakeRedis(server=FakeServer())
    for cause in causes:
        pause.begin(client, STREAM, cause, "away")
        assert 0 < client.pttl(pause_key(STREAM)) <= pause.SECONDS * 1000
    assert pause.SECONDS <= LONGEST_SECONDS


def test_an_outage_keeps_the_time_it_began_until_something_is_stored(client: redis.Redis) -> None:
    pause.begin(client, STREAM, "store", "refused")
    [first] = pause.outages(client, STREAM)
    client.delete(pause_key(STREAM))  # as its time is over
    pause.begin(client, STREAM, "store", "starting up")
    [second] = pause.outages(client, STREAM)
    assert (second.since, second.detail) == (first.since, "starting up")
    assert pause.current(client, STREAM) == second
    pause.succeeded(client, STREAM, soon())
    assert pause.outages(client, STREAM) == []
    pause.begin(client, STREAM, "store", "refused")
    assert pause.outages(client, STREAM)[0].since > first.since


def test_a_drain_that_began_before_an_outage_does_not_mean_its_end(client: redis.Redis) -> None:
    began = datetime.now(UTC)
    pause.begin(client, STREAM, "store", "refused")
    pause.succeeded(client, STREAM, began)
    assert len(pause.outages(client, STREAM)) == 1


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (StoreUnavailable("x"), "store"),
        (StreamUnavailable("x"), "stream"),
    ],
)
def test_who_is_away_is_the_cause(error: Exception, cause: str) -> None:
    assert pause.cause_of(error) == cause
