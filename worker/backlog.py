"""The backlog of the streams, at a cost that does not grow with it."""

from __future__ import annotations

from typing import Any, NamedTuple

import redis

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.redis_client import answer_seconds_of, connect, redis_translated
from trailkeeper.producer.stream_keys import GROUP, pause_key
from trailkeeper.producer.transports.away import AwayServers
from trailkeeper.producer.transports.shards import Shard, StreamSettings, shards_of
from trailkeeper.worker.ingest.pause import believed


class Backlog(NamedTuple):
    """Messages not delivered yet, messages delivered and pending, and whether draining is paused."""

    new: int
    pending: int
    paused: bool


AWAY_SECONDS = (1.0, 15.0)
"""How long a server that failed is left alone where others have to be asked ten times a second: at first, and
at the longest. Celery's event loop waits for each question."""


class Backlogs:
    """The backlog of all streams together.

    Args:
        settings: which they are.
        **seconds: the longest to wait for one of them, as for `connect`.
    """

    def __init__(self, settings: StreamSettings, **seconds: float) -> None:
        seconds = {"answer_seconds": answer_seconds_of(settings), **seconds}
        self._streams = [(connect(shard, **seconds), shard) for shard in shards_of(settings)]
        self._away = AwayServers(*AWAY_SECONDS)
        self._problem: StreamUnavailable | None = None

    def read(self) -> tuple[Backlog, StreamUnavailable | None]:
        """The backlog of those that answer, and why another one does not.

        Raises:
            StreamUnavailable: none answers.
        """
        found = [backlog for client, shard in self._streams if (backlog := self._read(client, shard))]
        away = self._problem if len(found) < len(self._streams) else None
        if not found:
            assert away is not None
            raise away
        going_on = [backlog for backlog in found if not backlog.paused] or found
        new, pending = (sum(getattr(each, name) for each in going_on) for name in ("new", "pending"))
        return Backlog(new, pending, going_on[0].paused), away

    def is_away(self, server: str) -> bool:
        """Whether a server did not answer a moment ago, and is left alone for now."""
        return self._away.is_away(server)

    def close(self) -> None:
        """Give the connections back."""
        for client, _ in self._streams:
            client.close()

    def _read(self, client: redis.Redis, shard: Shard) -> Backlog | None:
        if len(self._streams) > 1 and self._away.is_away(shard.server):
            return None
        try:
            backlog = read_backlog(client, shard.key)
        except StreamUnavailable as error:
            self._away.leave(shard.server)
            self._problem = error
            return None
        self._away.returned(shard.server)
        return backlog


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
