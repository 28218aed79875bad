"""While Postgres is away or the fuse is blown, nobody drains: one key in Redis that every worker looks at.

It expires by itself, so draining is tried again without anybody's doing.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import redis

from producer.stream_keys import pause_key

from .stream import redis_translated


class Pause(msgspec.Struct, frozen=True):
    """Why and since when nothing is drained. `cause`: ``store`` or ``fuse``."""

    cause: str
    detail: str
    since: datetime


SECONDS = {"store": 1.0, "fuse": 30.0}


def begin(client: redis.Redis, stream_key: str, cause: str, detail: str) -> None:
    """Pause all drains of the stream for a while."""
    pause = msgspec.json.encode(Pause(cause, detail[:500], datetime.now(UTC)))
    with redis_translated():
        client.set(pause_key(stream_key), pause, px=int(SECONDS[cause] * 1000))


def current(client: redis.Redis, stream_key: str) -> Pause | None:
    """The pause that is on, if one is."""
    with redis_translated():
        found = client.get(pause_key(stream_key))
    return msgspec.json.decode(found, type=Pause) if found else None
