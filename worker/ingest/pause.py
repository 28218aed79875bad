"""Pauses ingestion while it cannot work: one key in Redis that every worker reads.

The key expires by itself, so ingestion is tried again after the same short time however long
the outage lasts. Beside it stands a note without expiry that says since when; the first
success after the outage removes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import redis

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.redis_client import redis_translated
from trailkeeper.producer.stream_keys import outages_key, pause_key

from .fates import RETRY, RejectionLimitExceeded, Report

REJECTIONS = "rejection_limit"


class Pause(msgspec.Struct, frozen=True):
    """Why and since when nothing is ingested.

    Attributes:
        cause: ``store`` (Postgres), ``stream`` (Redis) or ``rejection_limit``.
        detail: the error's message.
        since: when it began.
        last: when the cause was last seen.
    """

    cause: str
    detail: str
    since: datetime
    last: datetime | None = None


SECONDS = {"store": 1.0, "stream": 1.0, REJECTIONS: 30.0}
"""How long each pause lasts; never longer, so that recovery takes as long after an hour as after a second."""

_QUIET = {REJECTIONS: timedelta(minutes=1)}
"""How long a cause must not have been seen before a successful drain means its end: one commit shows that
Postgres is back, but a good batch among bad ones does not show that rejections ended."""


def run_or_pause(client: redis.Redis, stream_key: str, run: Callable[[], Report]) -> Report:
    """Ingest; on an error that means *retry*, pause the fleet.

    Raises:
        One of `fates.RETRY`: nothing is lost, and a pause is on if Redis could be reached.
    """
    began = datetime.now(UTC)
    try:
        report = run()
        if report.batches:
            succeeded(client, stream_key, began)
    except RETRY as error:
        begin(client, stream_key, cause_of(error), str(error))
        raise
    return report


def cause_of(error: Exception) -> str:
    """The cause that an error of `fates.RETRY` stands for."""
    if isinstance(error, RejectionLimitExceeded):
        return REJECTIONS
    return "stream" if isinstance(error, StreamUnavailable) else "store"


def begin(client: redis.Redis, stream_key: str, cause: str, detail: str) -> None:
    """Pause all ingestion for a while; an outage that goes on keeps the time it began."""
    now = datetime.now(UTC)
    with redis_translated():
        known = _decoded(client.hget(outages_key(stream_key), cause))
        note = msgspec.json.encode(Pause(cause, detail[:500], known.since if known else now, now))
        pipeline = client.pipeline(transaction=True)
        pipeline.set(pause_key(stream_key), note, px=int(SECONDS[cause] * 1000))
        pipeline.hset(outages_key(stream_key), cause, note)
        pipeline.execute()


def succeeded(client: redis.Redis, stream_key: str, began: datetime) -> None:
    """Forget the outages that were over before *began*, when a run began that committed something."""
    for outage in outages(client, stream_key):
        if (outage.last or outage.since) < began - _QUIET.get(outage.cause, timedelta(0)):
            with redis_translated():
                client.hdel(outages_key(stream_key), outage.cause)


def outages(client: redis.Redis, stream_key: str) -> list[Pause]:
    """The outages that no success followed yet, oldest first."""
    with redis_translated():
        values = client.hgetall(outages_key(stream_key)).values()
    return sorted(filter(None, map(_decoded, values)), key=lambda outage: outage.since)


def current(client: redis.Redis, stream_key: str) -> Pause | None:
    """The pause that is on, if one is."""
    with redis_translated():
        return _decoded(client.get(pause_key(stream_key)))


def _decoded(value: Any) -> Pause | None:
    return msgspec.json.decode(value, type=Pause) if value else None
