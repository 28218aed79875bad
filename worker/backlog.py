"""The stream's backlog, at a cost that does not grow with it."""

from __future__ import annotations

from typing import Any, NamedTuple

import redis

from trailkeeper.producer.redis_client import redis_translated
from trailkeeper.producer.stream_keys import GROUP, pause_key
from trailkeeper.worker.ingest.pause import believed


class Backlog(NamedTuple):
    """Messages not delivered yet, messages delivered and pending, and whether draining is paused."""

    new: int
    pending: int
    paused: bool


def read_backlog(client: redis.Redis, stream_key: str) -> Backlog:
    """The backlog now.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    pipeline = client.pipeline(transaction=False)
    pipeline.xlen(stream_key)
    pipeline.xinfo_groups(stream_key)
    pipeline.get(pause_key(stream_key))
    pipeline.pttl(pause_key(stream_key))
    with redis_translated():
        length, groups, note, left_ms = pipeline.execute(raise_on_error=False)
    if isinstance(length, redis.RedisError):
        with redis_translated():
            raise length
    paused = note is not None and believed(client, stream_key, note, left_ms) is not None
    return _backlog(length, groups, paused)


def _backlog(length: int, groups: Any, paused: bool) -> Backlog:
    # XINFO GROUPS of a stream that does not exist yet is an error, and means that there is no group
    known_groups = groups if isinstance(groups, list) else []
    pending = sum(group["pending"] for group in known_groups if group["name"] == GROUP.encode())
    return Backlog(max(0, length - pending), pending, paused)
