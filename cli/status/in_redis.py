"""What Redis knows: backlog, rate, memory, and when beat was seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import redis

from trailkeeper.cli.services import of_each_stream
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
    found = of_each_stream(_backlog)
    oldest = [each["oldest_seconds"] for each in found if each["oldest_seconds"] is not None]
    summed = {name: sum(each[name] for each in found) for name in ("waiting", "being_stored", "stranded")}
    return {
        **summed,
        "oldest_seconds": max(oldest, default=None),
        "paused": next((each["paused"] for each in found if each["paused"]), None),
    }


def _backlog(client: redis.Redis, key: str) -> dict[str, Any]:
    messages = read_backlog(client, key)
    stranded = len(stranded_ids(client, key, LOOKED_AT, look_further=True))
    return {
        "waiting": max(0, messages.new - stranded),
        "being_stored": messages.pending,
        "stranded": stranded,
        "oldest_seconds": _oldest_seconds(client, key),
        "paused": _paused(client, key, waits=bool(messages.new or messages.pending)),
    }


def memory() -> dict[str, Any]:
    """How much of its memory Redis uses, whether it refuses writes and why, and when a worker last wrote.

    Of several servers, those of one that refuses writes, or else of the fullest.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    return max(of_each_stream(memory_of), key=lambda each: (bool(each["refuses"]), _share_used(each)))


def _share_used(memory: Mapping[str, Any]) -> float:
    return float(memory["used_bytes"] / memory["max_bytes"]) if memory["max_bytes"] else 0.0


def memory_of(client: redis.Redis, stream_key: str) -> dict[str, Any]:
    """The same of one server."""
    info: Mapping[str, Any] = client.info()
    key = last_write_key(stream_key)
    written: Any = mended(client, lambda: client.get(key), key)
    return {
        "used_bytes": info["used_memory"],
        "max_bytes": info["maxmemory"] or None,
        "refuses": refusal(info) or _refused(client, stream_key),
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
    if info.get("min_slaves_good_slaves") == 0:
        return "no replica follows it closely (min-replicas-to-write)"
    return None


def _refused(client: redis.Redis, stream_key: str) -> str | None:
    """What a server answers to a write that changes nothing, where its INFO does not tell all."""
    try:
        client.delete(f"{stream_key}:asking")
    except redis.exceptions.NoPermissionError:
        return None  # this user may not, whoever else may
    except redis.ResponseError as error:
        return str(error)
    return None


def rate() -> dict[str, Any]:
    """How many messages had which fate in the last minutes.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    now = datetime.now(UTC)
    minutes = [now - timedelta(minutes=back) for back in range(MINUTES)]

    def of_one(client: redis.Redis, stream_key: str) -> list[Any]:
        keys = [minute_key(stream_key, minute) for minute in minutes]
        return [mended(client, partial(client.hmget, key, COUNTED), key) for key in keys]

    counts = [row for rows in of_each_stream(of_one) for row in rows]
    totals = {name: sum(number_of(row[place]) for row in counts) for place, name in enumerate(COUNTED)}
    seconds = (MINUTES - 1) * 60 + now.second + 1
    return {**totals, "seconds": seconds, "stored_per_second": round(totals["stored"] / seconds, 2)}


def beat() -> dict[str, Any]:
    """When a task of beat last reached a worker.

    Raises:
        StreamUnavailable: Redis did not answer.
    """

    def of_one(client: redis.Redis, stream_key: str) -> datetime | None:
        key = beat_key(stream_key)
        return moment_of(mended(client, lambda: client.get(key), key))

    seen = max(filter(None, of_each_stream(of_one)), default=None)
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
