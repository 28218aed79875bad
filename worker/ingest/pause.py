"""Pauses ingestion while it cannot work: one key in Redis that every worker reads.

The key expires by itself, so ingestion is tried again after the same short time however long
the outage lasts. Beside it stands a note without expiry that says since when; the first
success after the outage removes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import redis

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.redis_notes import mended, note_of, remove
from trailkeeper.producer.stream_keys import outages_key, pause_key

from .fates import RETRY, Report

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Pause(msgspec.Struct, frozen=True):
    """Why and since when nothing is ingested.

    Attributes:
        cause: ``store`` (Postgres) or ``stream`` (Redis).
        detail: the error's message.
        since: when it began.
        last: when the cause was last seen.
    """

    cause: str
    detail: str
    since: Moment
    last: Moment | None = None


SECONDS = 1.0
"""How long a pause lasts; never longer, so that recovery takes as long after an hour as after a second."""

LONGEST_MS = 60_000
"""A key that would last longer was not made by us."""


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
        if type(error) is not StreamUnavailable:  # who does not answer takes no note of it, either
            begin(client, stream_key, cause_of(error), str(error))
        raise
    return report


def cause_of(error: Exception) -> str:
    """The cause that an error of `fates.RETRY` stands for."""
    return "stream" if isinstance(error, StreamUnavailable) else "store"


def begin(client: redis.Redis, stream_key: str, cause: str, detail: str) -> None:
    """Pause all ingestion for a while; an outage that goes on keeps the time it began."""
    key, now = outages_key(stream_key), datetime.now(UTC)
    known = note_of(mended(client, lambda: client.hget(key, cause), key), Pause)
    note = msgspec.json.encode(Pause(cause, detail[:500], known.since if known else now, now))

    def write() -> None:
        pipeline = client.pipeline(transaction=True)
        pipeline.set(pause_key(stream_key), note, px=int(SECONDS * 1000))
        pipeline.hset(key, cause, note)
        pipeline.execute()

    mended(client, write, key)


def succeeded(client: redis.Redis, stream_key: str, began: datetime) -> None:
    """Forget the outages that were over before *began*, when a run began that committed something."""
    key = outages_key(stream_key)
    for cause, note in _notes(client, key).items():
        outage = note_of(note, Pause)
        if outage is None or (outage.last or outage.since) < began:
            mended(client, lambda field=cause: client.hdel(key, field), key)  # type: ignore[misc]


def outages(client: redis.Redis, stream_key: str) -> list[Pause]:
    """The outages that no success followed yet, oldest first."""
    notes = (note_of(note, Pause) for note in _notes(client, outages_key(stream_key)).values())
    return sorted((outage for outage in notes if outage), key=lambda outage: outage.since)


def current(client: redis.Redis, stream_key: str) -> Pause | None:
    """The pause that is on, if one is."""
    key = pause_key(stream_key)
    note, left = mended(client, lambda: (client.get(key), client.pttl(key)), key)
    return believed(client, stream_key, note, left)


def believed(client: redis.Redis, stream_key: str, note: Any, left_ms: int) -> Pause | None:
    """The pause that a key's value and time left tell of; one that we did not write is removed."""
    pause = note_of(note, Pause)
    # -2 is of a key that was gone a moment later
    if note is not None and (pause is None or left_ms == -1 or left_ms > LONGEST_MS):
        remove(client, f"{note!r} for {left_ms} ms is no pause", pause_key(stream_key))
        return None
    return pause


def _notes(client: redis.Redis, key: str) -> dict[Any, Any]:
    found: Any = mended(client, lambda: client.hgetall(key), key)
    return dict(found)
