"""What Redis tells of the pipeline, out of the numbers that `/metrics` shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.stream_metrics import stream_metrics

PREFIX = "trailkeeper_"


@dataclass(frozen=True)
class StreamFacts:
    """The numbers now.

    Attributes:
        waiting: messages that no drain was given yet.
        being_stored: given to one, and not settled.
        oldest_seconds: age of the oldest of either.
        stored: since the stream began.
        paused: why nobody drains: ``store``, ``stream`` or ``rejection_limit``; None while all is well.
        beat_seconds: since beat's last sign of life; None where there was none.
        usual_seconds: half of all events were stored within this time; None of none, infinite beyond an hour.
        paused_since: since when nobody drains.
        full: whether Redis takes no writes for want of memory.
        written: when it last took a worker's.
    """

    waiting: int
    being_stored: int
    oldest_seconds: float
    stored: int
    paused: str | None
    beat_seconds: float | None
    usual_seconds: float | None
    paused_since: datetime | None = None
    full: bool = False
    written: datetime | None = None


def stream_facts(settings: ViewsSettings) -> StreamFacts | None:
    """The numbers now, or None where Redis does not answer."""
    try:
        samples = [sample for metric in stream_metrics(settings) for sample in metric.samples]
    except StreamUnavailable:
        return None
    plain = {sample.name.removeprefix(PREFIX): sample.value for sample in samples if not sample.labels}
    by_cause = [sample for sample in samples if "cause" in sample.labels]
    pauses = [
        sample.labels["cause"] for sample in by_cause if sample.name == f"{PREFIX}paused" and sample.value
    ]
    since = [sample.value for sample in by_cause if sample.name == f"{PREFIX}paused_since_timestamp_seconds"]
    buckets = [(float(sample.labels["le"]), sample.value) for sample in samples if "le" in sample.labels]
    return StreamFacts(
        waiting=int(plain["backlog"]),
        being_stored=int(plain["pending"]),
        oldest_seconds=plain["oldest_seconds"],
        stored=int(plain["stored_total"]),
        paused=next(iter(pauses), None),
        beat_seconds=plain.get("beat_age_seconds"),
        usual_seconds=_middle(buckets),
        paused_since=_moment(min(since, default=None)),
        full=bool(plain.get("redis_full")),
        written=_moment(plain.get("redis_written_timestamp_seconds")),
    )


def _moment(timestamp: float | None) -> datetime | None:
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC)


def _middle(buckets: list[tuple[float, float]]) -> float | None:
    """The bound of the bucket in which the middle one lies."""
    total = max((count for _, count in buckets), default=0)
    if not total:
        return None
    return next((bound for bound, below in sorted(buckets) if below >= total / 2), inf)
