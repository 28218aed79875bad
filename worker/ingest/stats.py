"""Counts of what became of messages, beside the stream: the last minutes, and all since it began."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from redis.client import Pipeline

from trailkeeper.producer.stream_keys import minute_key, totals_key

STATS_SECONDS = 2 * 3600


def count(pipeline: Pipeline, stream_key: str, recent: Mapping[str, int], totals: Mapping[str, int]) -> None:
    """Add to the counts of this minute and to the totals, with the pipeline's other commands."""
    minute = minute_key(stream_key, datetime.now(UTC))
    for name, number in recent.items():
        pipeline.hincrby(minute, name, number)
    for name, number in totals.items():
        pipeline.hincrby(totals_key(stream_key), name, number)
    if recent:
        pipeline.expire(minute, STATS_SECONDS)
