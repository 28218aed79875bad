"""The pipeline's numbers that Redis knows: what came in, what became of it, what waits, how long it took."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

import redis
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from redis.backoff import NoBackoff
from redis.retry import Retry

from producer.stream_keys import (
    GROUP,
    LATENCY_BOUNDS,
    LATENCY_SUM,
    beat_key,
    latency_field,
    pause_key,
    suspects_key,
    totals_key,
)
from producer.transports.redis_errors import translated

from .settings import ViewsSettings

SECONDS = 2.0  # that Redis is waited for
FATES = {
    "stored": "Events stored.",
    "duplicates": "Messages that were stored before, and delivered again.",
    "dead_lettered": "Messages that became dead letters.",
    "quarantined": "Those among them that the application itself asked to keep.",
}


def stream_metrics(settings: ViewsSettings) -> list[Metric]:
    """The numbers now.

    Raises:
        StreamUnavailable: Redis does not answer.
    """
    with (
        translated("the address of TRAILKEEPER_REDIS_URL"),
        redis.Redis.from_url(
            settings.redis_url,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        ) as client,
    ):
        return list(_read(client, settings.stream))


def _read(client: redis.Redis, stream: str) -> Iterator[Metric]:
    pipeline = client.pipeline(transaction=False)
    pipeline.xlen(stream)
    pipeline.xinfo_stream(stream)
    pipeline.xinfo_groups(stream)
    pipeline.xrange(stream, count=1)
    pipeline.hgetall(totals_key(stream))
    pipeline.get(pause_key(stream))
    pipeline.hlen(suspects_key(stream))
    pipeline.get(beat_key(stream))
    pipeline.time()
    # of a stream that does not exist yet, XINFO answers with an error
    found: list[Any] = pipeline.execute(raise_on_error=False)
    length, info, groups, first, totals, pause, suspects, beat, now = found
    for answer in (length, first, totals, pause, suspects, beat, now):
        if isinstance(answer, redis.RedisError):
            raise answer
    yield from _waiting(length, _list(groups), first, now)
    yield from _counted({name.decode(): int(number) for name, number in totals.items()}, info)
    yield from _state(pause, suspects, beat)


def _waiting(length: int, groups: list[Any], first: Any, now: tuple[int, int]) -> Iterator[Metric]:
    pending = sum(group["pending"] for group in groups if group["name"] == GROUP.encode())
    yield _gauge("backlog", "Messages in the stream that no drain was given yet.", max(0, length - pending))
    yield _gauge("pending", "Messages given to a drain, and not settled yet.", pending)
    born = int(first[0][0].decode().partition("-")[0]) / 1000 if first else None
    age = 0.0 if born is None else max(0.0, now[0] + now[1] / 1e6 - born)
    yield _gauge("oldest_seconds", "Age of the oldest message in the stream; 0 of none.", age)


def _counted(totals: dict[str, int], info: Any) -> Iterator[Metric]:
    if isinstance(info, dict) and "entries-added" in info:  # from Redis 7 on
        yield CounterMetricFamily(
            "trailkeeper_emitted", "Messages put into the stream.", value=info["entries-added"]
        )
    for fate, meaning in FATES.items():
        yield CounterMetricFamily(f"trailkeeper_{fate}", meaning, value=totals.get(fate, 0))
    counts = [totals.get(latency_field(bound), 0) for bound in (*LATENCY_BOUNDS, None)]
    names = [*(str(bound) for bound in LATENCY_BOUNDS), "+Inf"]
    yield HistogramMetricFamily(
        "trailkeeper_latency_seconds",
        "From the moment an event occurred to its commit.",
        buckets=list(zip(names, accumulate(counts), strict=True)),
        sum_value=totals.get(LATENCY_SUM, 0) / 1000,
    )


def _state(pause: bytes | None, suspects: int, beat: bytes | None) -> Iterator[Metric]:
    paused = GaugeMetricFamily("trailkeeper_paused", "1 while nobody drains, and why.", labels=["cause"])
    cause = _cause(pause)
    for known in ("store", "fuse"):
        paused.add_metric([known], float(cause == known))
    yield paused
    yield _gauge("suspects", "Messages that may have killed the processes that handled them.", suspects)
    if beat is not None:
        age = (datetime.now(UTC) - datetime.fromisoformat(beat.decode())).total_seconds()
        yield _gauge("beat_age_seconds", "Since beat's last sign of life.", max(0.0, age))


def _cause(pause: bytes | None) -> str | None:
    if not pause:
        return None
    try:
        found = json.loads(pause)
    except ValueError:
        return "store"  # somebody set the key by hand; nobody drains all the same
    return str(found.get("cause")) if isinstance(found, dict) else "store"


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"trailkeeper_{name}", meaning, value=value)


def _list(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else []
