"""The pipeline's figures from Redis, as metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from trailkeeper.producer.stream_keys import LATENCY_SUM

from .settings import ViewsSettings
from .stream_state import CAUSES, StreamState, read_stream

TOTALS = {
    "stored": "Events stored.",
    "duplicates": "Messages delivered again after they were stored.",
    "dead_lettered": "Messages that became dead letters.",
    "quarantined": "Dead letters of invalid calls, which the application asked to keep.",
}


def stream_metrics(settings: ViewsSettings) -> list[Metric]:
    """The metrics now.

    Raises:
        StreamUnavailable: Redis does not answer.
    """
    state = read_stream(settings)
    return [*_waiting(state), *_totals(state), *_pauses(state), *_memory(state)]


def _waiting(state: StreamState) -> Iterator[Metric]:
    yield _gauge("backlog", "Messages in the stream that no drain has read yet.", state.waiting)
    yield _gauge("pending", "Messages that a drain has read and not finished.", state.pending)
    yield _gauge("oldest_seconds", "Age of the oldest message; 0 without any.", state.oldest_seconds)
    yield _gauge(
        "crash_markers",
        "Messages that may have crashed the processes that handled them.",
        state.crash_markers,
    )
    if state.beat_seconds is not None:
        yield _gauge("beat_age_seconds", "Time since beat's last sign of life.", state.beat_seconds)


def _totals(state: StreamState) -> Iterator[Metric]:
    if state.emitted is not None:
        yield CounterMetricFamily("trailkeeper_emitted", "Messages put into the stream.", value=state.emitted)
    for name, meaning in TOTALS.items():
        yield CounterMetricFamily(f"trailkeeper_{name}", meaning, value=state.totals.get(name, 0))
    yield HistogramMetricFamily(
        "trailkeeper_latency_seconds",
        "From when an event occurred to its commit.",
        buckets=[(str(bound) if bound < inf else "+Inf", count) for bound, count in state.latencies],
        sum_value=state.totals.get(LATENCY_SUM, 0) / 1000,
    )


def _pauses(state: StreamState) -> Iterator[Metric]:
    since = GaugeMetricFamily(
        "trailkeeper_paused_since_timestamp_seconds", "When storing was paused.", labels=["cause"]
    )
    paused = GaugeMetricFamily("trailkeeper_paused", "1 while storing is paused, by cause.", labels=["cause"])
    for cause in CAUSES:
        pauses = [pause for pause in state.pauses if pause.cause == cause]
        paused.add_metric([cause], float(bool(pauses)))
        if moments := [pause.since for pause in pauses if pause.since]:
            since.add_metric([cause], min(moments).timestamp())
    yield paused
    yield since


def _memory(state: StreamState) -> Iterator[Metric]:
    if "used_memory" in state.memory:
        yield _gauge("redis_memory_bytes", "Memory that Redis uses.", state.memory["used_memory"])
        yield _gauge("redis_maxmemory_bytes", "Memory that Redis may use; 0 for no limit.", state.max_memory)
        yield _gauge("redis_full", "1 while Redis refuses writes because its memory is used up.", state.full)
    if state.last_write is not None:
        yield _gauge(
            "redis_last_write_timestamp_seconds",
            "When Redis last accepted a write of a worker.",
            state.last_write.timestamp(),
        )


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"trailkeeper_{name}", meaning, value=value)
