"""Counts beside the stream: messages by fate, and how long events took to their commit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import redis
from redis.client import Pipeline

from trailkeeper.producer.redis_client import redis_translated
from trailkeeper.producer.redis_notes import is_garbage, remove
from trailkeeper.producer.stream_keys import (
    LATENCY_BOUNDS,
    LATENCY_SUM,
    latency_field,
    minute_key,
    totals_key,
)

STATS_SECONDS = 2 * 3600
MILLISECOND = timedelta(milliseconds=1)


def count(
    client: redis.Redis,
    pipeline: Pipeline,
    stream_key: str,
    recent: Mapping[str, int],
    totals: Mapping[str, int],
) -> None:
    """Add to the counts of this minute and to the totals, with the pipeline's other commands.

    Counts that somebody made unreadable begin anew; the other commands are not harmed by them.

    Raises:
        StreamUnavailable: Redis did not answer, or refused one of the other commands.
    """
    minute = minute_key(stream_key, datetime.now(UTC))
    for name, number in recent.items():
        pipeline.hincrby(minute, name, number)
    for name, number in totals.items():
        pipeline.hincrby(totals_key(stream_key), name, number)
    if recent:
        pipeline.expire(minute, STATS_SECONDS)
    with redis_translated():
        answers = pipeline.execute(raise_on_error=False)
        others = len(answers) - len(recent) - len(totals) - bool(recent)
        failed = [place for place, answer in enumerate(answers) if isinstance(answer, redis.RedisError)]
        for place in failed:
            if place < others or not is_garbage(answers[place]):
                raise answers[place]
    if failed:
        remove(client, str(answers[failed[0]]), minute, totals_key(stream_key))


def latencies(occurred: Sequence[datetime], now: datetime) -> dict[str, int]:
    """How many events took how long, by field of the totals; nothing for none.

    An event of a clock that is ahead took no time. An imported event counts with its age.
    """
    if not occurred:
        return {}
    # ordered once, so that each bound costs a few comparisons and each event next to nothing
    moments = sorted(occurred)
    counts, later = {}, len(moments)
    for bound in LATENCY_BOUNDS:
        place = bisect_left(moments, now - timedelta(seconds=bound))
        counts[latency_field(bound)] = later - place
        later = place
    total = sum((now - moment for moment in moments), timedelta())
    counts |= {latency_field(None): later, LATENCY_SUM: max(0, total // MILLISECOND)}
    return {name: number for name, number in counts.items() if number}
