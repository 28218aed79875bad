"""The pipeline's numbers that Redis knows: what came in, what became of it, what waits, how long it took."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

import msgspec
import redis
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from trailkeeper.producer.stream_keys import (
    GROUP,
    LATENCY_BOUNDS,
    LATENCY_SUM,
    beat_key,
    crash_markers_key,
    last_write_key,
    latency_field,
    outages_key,
    pause_key,
    totals_key,
)

from .settings import ViewsSettings
from .stream import connected

CAUSES = ("store", "stream", "rejection_limit")
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
    with connected(settings) as client:
        return list(_read(client, settings.stream))


def _read(client: redis.Redis, stream: str) -> Iterator[Metric]:
    pipeline = client.pipeline(transaction=False)
    pipeline.xlen(stream)
    pipeline.xinfo_stream(stream)
    pipeline.xinfo_groups(stream)
    pipeline.xrange(stream, count=1)
    pipeline.hgetall(totals_key(stream))
    pipeline.get(pause_key(stream))
    pipeline.hlen(crash_markers_key(stream))
    pipeline.get(beat_key(stream))
    pipeline.time()
    pipeline.hgetall(outages_key(stream))
    pipeline.get(last_write_key(stream))
    pipeline.info("memory")
    # of a stream that does not exist yet, XINFO answers with an error
    found: list[Any] = pipeline.execute(raise_on_error=False)
    length, info, groups, first, totals, pause, suspects, beat, now, outages, written, memory = found
    for answer in (length, first, totals, pause, suspects, beat, now, outages, written):
        if isinstance(answer, redis.RedisError):
            raise answer
    yield from _waiting(length, _list(groups), first, now)
    yield from _counted({name.decode(): int(number) for name, number in totals.items()}, info)
    waits = outages if length else {}
    yield from _paused([note for note in (pause, *waits.values()) if note])
    yield from _state(suspects, beat)
    # a server that does not let us look has no numbers of memory
    yield from _memory(memory if isinstance(memory, dict) else {}, written)


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


def _paused(notes: list[bytes]) -> Iterator[Metric]:
    found = [_note(note) for note in notes]
    since = GaugeMetricFamily(
        "trailkeeper_paused_since_timestamp_seconds", "Since when nobody drains.", labels=["cause"]
    )
    paused = GaugeMetricFamily("trailkeeper_paused", "1 while nobody drains, and why.", labels=["cause"])
    for cause in CAUSES:
        times = [note.since for note in found if note.cause == cause]
        paused.add_metric([cause], float(bool(times)))
        if known := [moment for moment in times if moment]:
            since.add_metric([cause], min(known).timestamp())
    yield paused
    yield since


def _memory(memory: dict[str, Any], written: bytes | None) -> Iterator[Metric]:
    if "used_memory" in memory:
        yield _gauge("redis_memory_bytes", "Memory that Redis uses.", memory["used_memory"])
        most = int(memory.get("maxmemory", 0))
        yield _gauge("redis_maxmemory_bytes", "Memory that Redis may use; 0: without limit.", most)
        counted = memory["used_memory"] - int(memory.get("mem_not_counted_for_evict", 0))
        yield _gauge(
            "redis_full", "1 while Redis takes no writes for want of memory.", float(0 < most <= counted)
        )
    if written is not None:
        moment = datetime.fromisoformat(written.decode()).timestamp()
        yield _gauge("redis_written_timestamp_seconds", "When Redis last took a write of a worker.", moment)


def _state(suspects: int, beat: bytes | None) -> Iterator[Metric]:
    yield _gauge("suspects", "Messages that may have killed the processes that handled them.", suspects)
    if beat is not None:
        age = (datetime.now(UTC) - datetime.fromisoformat(beat.decode())).total_seconds()
        yield _gauge("beat_age_seconds", "Since beat's last sign of life.", max(0.0, age))


class _Note(msgspec.Struct):
    """Why nobody drains, and since when."""

    cause: str
    since: datetime | None = None


def _note(found: bytes) -> _Note:
    try:
        note = msgspec.json.decode(found, type=_Note)
    except msgspec.MsgspecError:
        return _Note("store")  # somebody set the key by hand; nobody drains all the same
    return note if note.cause in CAUSES else _Note("store", note.since)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"trailkeeper_{name}", meaning, value=value)


def _list(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else []
