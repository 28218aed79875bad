"""The histogram of how long events took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.producer.stream_keys import LATENCY_BOUNDS, LATENCY_SUM, latency_field
from trailkeeper.worker.ingest.stats import latencies

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def test_each_event_counts_in_the_bucket_of_its_time() -> None:
    found = latencies([ago(seconds) for seconds in (0.05, 0.1, 0.2, 0.2, 7200)], NOW)
    assert found == {
        "latency_le_0.1": 2,
        "latency_le_0.25": 2,
        "latency_le_inf": 1,
        "latency_ms": 7_200_550,
    }


def test_no_event_counts_nothing_and_one_from_a_clock_ahead_took_no_time() -> None:
    assert latencies([], NOW) == {}
    assert latencies([ago(-3)], NOW) == {"latency_le_0.1": 1}


@given(st.lists(st.floats(0, 10_000, allow_nan=False), min_size=1, max_size=50))
def test_every_event_is_in_one_bucket_whose_bounds_hold_its_time(times: list[float]) -> None:
    moments = [ago(seconds) for seconds in times]
    exact = [(NOW - moment).total_seconds() for moment in moments]
    found = latencies(moments, NOW)
    lower = float("-inf")
    for bound in (*LATENCY_BOUNDS, None):
        upper = float("inf") if bound is None else bound
        assert found.pop(latency_field(bound), 0) == sum(lower < took <= upper for took in exact)
        lower = upper
    assert abs(found.pop(LATENCY_SUM, 0) - 1000 * sum(exact)) <= 1
    assert found == {}
