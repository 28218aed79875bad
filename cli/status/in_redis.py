"""What Redis knows: backlog, rate, memory, and when beat was seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import redis

from trailkeeper.cli.services import stream
from trailkeeper.producer.redis_client import redis_translated
from trailkeeper.producer.redis_notes import mended, moment_of, number_of
from trailkeeper.producer.stream_keys import beat_key, last_write_key, minute_key
from trailkeeper.worker.backlog import read_backlog
from trailkeeper.worker.ingest import pause
from trailkeeper.worker.stranded import stranded_ids

MINUTES = 5
LOOKED_AT = 10_000
"""Entries that are looked at to count the stranded ones."""

COUNTED = ("stored", "duplicates", "dead_lettered", "quarantined")


def backlog() -> dict[str, Any]:
    """How many messages wait, since when, and whether draining is paused.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with stream() as (client, settings), redis_translated():
        messages = read_backlog(client, settings.stream)
        stranded = len(stranded_ids(client, settings.stream, LOOKED_AT, look_further=True))
        return {
            "waiting": max(0, messages.new - stranded),
            "being_stored": messages.pending,
            "stranded": stranded,
            "oldest_seconds": _oldest_seconds(client, settings.stream),
            "paused": _paused(client, settings.stream, waits=bool(messages.new or messages.pending)),
        }


def memory() -> dict[str, Any]:
    """How much of its memory Redis uses, whether it refuses writes and why, and when a worker last wrote.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with stream() as (client, settings), redis_translated():
        info: Mapping[str, Any] = client.info()
        key = last_write_key(settings.stream)
        written: Any = mended(client, lambda: client.get(key), key)
    return {
        "used_bytes": info["used_memory"],
        "max_bytes": info["maxmemory"] or None,
        "refuses": refusal(info),
        "last_write": moment_of(written),
    }


def refusal(info: Mapping[str, Any]) -> str | None:
    """Why a server with this INFO refuses writes; None if it takes them."""
    counted = info["used_memory"] - info.get("mem_not_counted_for_evict", 0)
    if info["maxmemory"] and counted >= info["maxmemory"]:
        return f"{counted:,} of {info['maxmemory']:,} bytes are used"
    if info.get("role") == "slave":
        return "it is a replica"
    if info.get("aof_last_write_status", "ok") != "ok":
        return "it cannot write its append-only file"
    return None


def rate() -> dict[str, Any]:
    """How many messages had which fate in the last minutes.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    now = datetime.now(UTC)
    minutes = [now - timedelta(minutes=back) for back in range(MINUTES)]
    with stream() as (client, settings), redis_translated():
        keys = [minute_key(settings.stream, minute) for minute in minutes]
        counts = [mended(client, partial(client.hmget, key, COUNTED), key) for key in keys]
    totals = {name: sum(number_of(row[place]) for row in counts) for place, name in enumerate(COUNTED)}
    seconds = (MINUTES - 1) * 60 + now.second + 1
    return {**totals, "seconds": seconds, "stored_per_second": round(totals["stored"] / seconds, 2)}


def beat() -> dict[str, Any]:
    """When a task of beat last reached a worker.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with stream() as (client, settings), redis_translated():
        key = beat_key(settings.stream)
        seen = moment_of(mended(client, lambda: client.get(key), key))
    seconds = None if seen is None else round((datetime.now(UTC) - seen).total_seconds(), 1)
    return {"seen": seen, "seconds_ago": seconds}


def _paused(client: redis.Redis, key: str, *, waits: bool) -> dict[str, Any] | None:
    """Why nothing is drained, also between two tries while messages wait."""
    outages = pause.outages(client, key) if waits else []
    reason = pause.current(client, key) or next(iter(outages), None)
    return None if reason is None else {name: getattr(reason, name) for name in ("cause", "detail", "since")}


def _oldest_seconds(client: redis.Redis, key: str) -> float | None:
    """The age of the first entry by Redis' clock, which made its id."""
    first: Any = client.xrange(key, count=1)
    if not first:
        return None
    seconds, microseconds = client.time()
    born = int(first[0][0].decode().partition("-")[0]) / 1000
    return round(max(0.0, seconds + microseconds / 1e6 - born), 3)
