"""What Redis knows about the pipeline: what waits, what became of the rest, and why workers pause."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from itertools import accumulate
from math import inf
from typing import Any

import msgspec
import redis

from trailkeeper.producer.redis_client import of_each_stream
from trailkeeper.producer.redis_notes import is_garbage, moment_of, note_of, number_of
from trailkeeper.producer.stream_keys import (
    GROUP,
    LATENCY_BOUNDS,
    beat_key,
    crash_markers_key,
    last_write_key,
    latency_field,
    outages_key,
    pause_key,
    totals_key,
)

from .settings import ViewsSettings
from .stream import SECONDS

CAUSES = ("store", "stream")


class DrainPause(msgspec.Struct, frozen=True):
    """Why workers do not store events, and since when."""

    cause: str
    since: datetime | None = None


@dataclass(frozen=True)
class StreamState:
    """The state of the stream at one moment.

    Attributes:
        waiting: messages that no drain has read yet.
        pending: messages that a drain has read and not finished.
        oldest_seconds: age of the oldest of either; 0 if there is none.
        totals: counters of the workers, by their field in Redis.
        pauses: why nothing is stored; empty while all is well.
        beat_seconds: time since beat's last sign of life; None if there was none.
        crash_markers: messages that may have crashed the processes that handled them.
        emitted: messages put into the stream; None before Redis 7.
        memory: of Redis' own figures; empty if the user may not read them.
        last_write: when Redis last accepted a write of a worker.
    """

    waiting: int = 0
    pending: int = 0
    oldest_seconds: float = 0.0
    totals: dict[str, int] = field(default_factory=dict)
    pauses: tuple[DrainPause, ...] = ()
    beat_seconds: float | None = None
    crash_markers: int = 0
    emitted: int | None = None
    memory: dict[str, Any] = field(default_factory=dict)
    last_write: datetime | None = None

    @property
    def max_memory(self) -> int:
        """Bytes that Redis may use; 0 for no limit."""
        return int(self.memory.get("maxmemory", 0))

    @property
    def full(self) -> bool:
        """Whether Redis refuses writes because its memory is used up."""
        used = int(self.memory.get("used_memory", 0)) - int(self.memory.get("mem_not_counted_for_evict", 0))
        return 0 < self.max_memory <= used

    @property
    def memory_share(self) -> float:
        """The part of its memory that Redis uses; 0 without a limit."""
        return int(self.memory.get("used_memory", 0)) / self.max_memory if self.max_memory else 0.0

    @property
    def latencies(self) -> list[tuple[float, int]]:
        """How many events were stored within each of some times, in seconds; the last time is infinite."""
        counts = (self.totals.get(latency_field(bound), 0) for bound in (*LATENCY_BOUNDS, None))
        return list(zip((*LATENCY_BOUNDS, inf), accumulate(counts), strict=True))

    @property
    def median_seconds(self) -> float | None:
        """A time within which half of all events were stored; None if none were."""
        total = self.latencies[-1][1]
        return next(bound for bound, count in self.latencies if count >= total / 2) if total else None


def read_stream(settings: ViewsSettings) -> StreamState:
    """The state now, of all streams together.

    Raises:
        StreamUnavailable: one of them does not answer.
    """
    states = of_each_stream(settings, _read, answer_seconds=SECONDS)
    return reduce(_together, states)


def _together(one: StreamState, other: StreamState) -> StreamState:
    """Two streams as if they were one; what only their server knows is that of the fuller one."""
    fuller = max(one, other, key=lambda state: (state.full, state.memory_share))
    beats = [each.beat_seconds for each in (one, other) if each.beat_seconds is not None]
    return StreamState(
        waiting=one.waiting + other.waiting,
        pending=one.pending + other.pending,
        oldest_seconds=max(one.oldest_seconds, other.oldest_seconds),
        totals=dict(Counter(one.totals) + Counter(other.totals)),
        pauses=(*one.pauses, *other.pauses),
        beat_seconds=min(beats, default=None),
        crash_markers=one.crash_markers + other.crash_markers,
        emitted=None if None in (one.emitted, other.emitted) else (one.emitted or 0) + (other.emitted or 0),
        memory=fuller.memory,
        last_write=fuller.last_write,
    )


def _read(client: redis.Redis, stream: str) -> StreamState:
    pipeline = client.pipeline(transaction=False)
    # XINFO of a stream that does not exist yet is an error, and so is INFO for a user who may not
    pipeline.xinfo_stream(stream)
    pipeline.xinfo_groups(stream)
    pipeline.info("memory")
    pipeline.xlen(stream)
    pipeline.xrange(stream, count=1)
    pipeline.hgetall(totals_key(stream))
    pipeline.get(pause_key(stream))
    pipeline.hlen(crash_markers_key(stream))
    pipeline.get(beat_key(stream))
    pipeline.time()
    pipeline.hgetall(outages_key(stream))
    pipeline.get(last_write_key(stream))
    answers: list[Any] = pipeline.execute(raise_on_error=False)
    for answer in answers[3:]:
        if isinstance(answer, redis.RedisError) and not is_garbage(answer):
            raise answer
    # a note that somebody made unreadable is none; the next worker that needs it removes it
    answers = [None if is_garbage(answer) else answer for answer in answers]
    info, groups, memory = (
        None if isinstance(answer, redis.RedisError) else answer for answer in answers[:3]
    )
    length, first, totals, pause, crash_markers, beat, now, outages, last_write = answers[3:]
    pending = sum(group["pending"] for group in groups or () if group["name"] == GROUP.encode())
    outages = outages or {} if length else {}
    seen = moment_of(beat)
    return StreamState(
        waiting=max(0, (length or 0) - pending),
        pending=pending,
        oldest_seconds=_age(first, now),
        totals={name.decode("utf-8", "replace"): number_of(count) for name, count in (totals or {}).items()},
        pauses=tuple(_pause(note) for note in (pause, *outages.values()) if note),
        beat_seconds=None if seen is None else max(0.0, (datetime.now(UTC) - seen).total_seconds()),
        crash_markers=crash_markers or 0,
        emitted=(info or {}).get("entries-added"),
        memory=memory or {},
        last_write=moment_of(last_write),
    )


def _age(first: Any, now: tuple[int, int]) -> float:
    """How old the first entry of the stream is, by the clock of Redis."""
    if not first:
        return 0.0
    added = int(first[0][0].decode().partition("-")[0]) / 1000
    return max(0.0, now[0] + now[1] / 1e6 - added)


def _pause(note: bytes) -> DrainPause:
    pause = note_of(note, DrainPause) or DrainPause("store")
    return pause if pause.cause in CAUSES else DrainPause("store", pause.since)
