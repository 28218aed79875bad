"""What Redis knows: how much waits, how fast it is stored, whether beat lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from cli.services import stream
from producer.stream_keys import beat_key, minute_key
from worker.backlog import look
from worker.drain import pause
from worker.drain.stream import redis_translated

MINUTES = 5
COUNTED = ("stored", "duplicates", "dead_lettered")


def backlog() -> dict[str, Any]:
    """How much waits, since when, and whether draining is paused.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with stream() as (client, settings), redis_translated():
        found = look(client, settings.stream)
        paused = pause.current(client, settings.stream)
        return {
            "waiting": found.new,
            "being_stored": found.pending,
            "oldest_seconds": _oldest_seconds(client, settings.stream),
            "paused": None if paused is None else {"cause": paused.cause, "detail": paused.detail},
        }


def rate() -> dict[str, Any]:
    """What happened to messages in the last minutes, by fate.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    now = datetime.now(UTC)
    minutes = [now - timedelta(minutes=back) for back in range(MINUTES)]
    with stream() as (client, settings), redis_translated():
        counts = [client.hmget(minute_key(settings.stream, minute), COUNTED) for minute in minutes]
    totals = {name: sum(int(row[place] or 0) for row in counts) for place, name in enumerate(COUNTED)}
    seconds = (MINUTES - 1) * 60 + now.second + 1
    return {**totals, "seconds": seconds, "stored_per_second": round(totals["stored"] / seconds, 2)}


def beat() -> dict[str, Any]:
    """When beat, broker and a worker last worked together.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with stream() as (client, settings), redis_translated():
        found: Any = client.get(beat_key(settings.stream))
    seen = datetime.fromisoformat(found.decode()) if found else None
    seconds = None if seen is None else round((datetime.now(UTC) - seen).total_seconds(), 1)
    return {"seen": seen, "seconds_ago": seconds}


def _oldest_seconds(client: redis.Redis, key: str) -> float | None:
    """The age of the first entry by Redis' own clock, which made its id."""
    first: Any = client.xrange(key, count=1)
    if not first:
        return None
    seconds, microseconds = client.time()
    born = int(first[0][0].decode().partition("-")[0]) / 1000
    return round(max(0.0, seconds + microseconds / 1e6 - born), 3)
