"""While Postgres is away or the fuse is blown, nobody drains: one key in Redis that every worker looks at.

It expires by itself, so draining is tried again without anybody's doing, after the same
short time however long the outage lasts. Beside it stands a note that does not expire:
since when. The first success after the outage removes it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import redis

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.stream_keys import outages_key, pause_key

from .fates import FuseBlown
from .stream import redis_translated


class Pause(msgspec.Struct, frozen=True):
    """Why and since when nothing is drained.

    Attributes:
        cause: ``store`` (Postgres), ``stream`` (Redis) or ``fuse``.
        detail: what was said.
        since: when it began.
        last: when it showed last.
    """

    cause: str
    detail: str
    since: datetime
    last: datetime | None = None


SECONDS = {"store": 1.0, "stream": 1.0, "fuse": 30.0}
"""How long each pause lasts; never longer, so that recovery takes as long after an hour as after a second."""

_OVER = {"fuse": timedelta(minutes=1)}
"""How long a cause must not have shown before a successful drain means its end: one commit shows that
Postgres is back, but a good batch among bad ones does not mend a fuse."""


def cause_of(error: Exception) -> str:
    """Which cause an error of `fates.RETRY` is."""
    if isinstance(error, FuseBlown):
        return "fuse"
    return "stream" if isinstance(error, StreamUnavailable) else "store"


def begin(client: redis.Redis, stream_key: str, cause: str, detail: str) -> None:
    """Pause all drains of the stream for a while; an outage that goes on keeps the time it began."""
    now = datetime.now(UTC)
    with redis_translated():
        known = _note(client.hget(outages_key(stream_key), cause))
        note = msgspec.json.encode(Pause(cause, detail[:500], known.since if known else now, now))
        pipeline = client.pipeline(transaction=True)
        pipeline.set(pause_key(stream_key), note, px=int(SECONDS[cause] * 1000))
        pipeline.hset(outages_key(stream_key), cause, note)
        pipeline.execute()


def succeeded(client: redis.Redis, stream_key: str, began: datetime) -> None:
    """Something was committed by a drain that began then: forget the outages that were over before."""
    for note in outages(client, stream_key):
        if (note.last or note.since) < began - _OVER.get(note.cause, timedelta(0)):
            with redis_translated():
                client.hdel(outages_key(stream_key), note.cause)


def outages(client: redis.Redis, stream_key: str) -> list[Pause]:
    """What has kept drains waiting and was not followed by a success yet, oldest first."""
    with redis_translated():
        found = client.hgetall(outages_key(stream_key))
    notes = (_note(value) for value in found.values())
    return sorted((note for note in notes if note), key=lambda note: note.since)


def current(client: redis.Redis, stream_key: str) -> Pause | None:
    """The pause that is on, if one is."""
    with redis_translated():
        return _note(client.get(pause_key(stream_key)))


def _note(found: Any) -> Pause | None:
    return msgspec.json.decode(found, type=Pause) if found else None
