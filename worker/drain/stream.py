"""The stream as a drain sees it: read, take over, acknowledge. Redis' side of the promise.

Works on Redis 6.2 and later and on Valkey. Redis' errors leave here as
`StreamUnavailable`; a lost stream or group is made again from its beginning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import redis

from trailkeeper.producer.redis_client import StreamFull, redis_translated
from trailkeeper.producer.stream_keys import GROUP
from trailkeeper.worker.entries import Entries
from trailkeeper.worker.ingest import stats
from trailkeeper.worker.ingest.messages import IncomingMessage

_RENEW = """
for place = 3, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[place], ARGV[place], 1, ARGV[2]) == 1 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[place], 'JUSTID')
  end
end
"""
"""In one script, so that what another has taken over meanwhile stays with it."""


class Pending:
    """A message delivered and not acknowledged: its consumer, since when, how often it was delivered."""

    __slots__ = ("consumer", "deliveries", "idle_ms", "stream_id")

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self.stream_id = entry["message_id"].decode()
        self.consumer = entry["consumer"].decode()
        self.idle_ms = int(entry["time_since_delivered"])
        self.deliveries = int(entry["times_delivered"])


class Stream:
    """One consumer's access to the stream. Every method may raise StreamUnavailable."""

    def __init__(self, client: redis.Redis, key: str, consumer: str) -> None:
        self._client = client
        self.key = key
        self.consumer = consumer
        self._entries = Entries(client, key, GROUP, consumer)
        self._uncounted: Counter[str] = Counter()

    def read(self, count: int) -> list[IncomingMessage]:
        """Up to *count* messages that were not delivered yet, oldest first, or fewer if they are large.

        Does not block.
        """
        with redis_translated():
            try:
                return self._entries.read(count)
            except redis.ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                self.make_group()
                return self._entries.read(count)

    def pending(self, *, mine: bool, idle_ms: int, count: int) -> list[Pending]:
        """Pending messages: those this consumer held before a restart, or anybody's idle for *idle_ms*."""
        with redis_translated():
            try:
                entries = self._client.xpending_range(
                    self.key, GROUP, "-", "+", count, self.consumer if mine else None, idle_ms or None
                )
            except redis.ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                return []  # no group, so nothing was ever delivered
        return [Pending(entry) for entry in entries]

    def take_over(self, stream_ids: Sequence[str], idle_ms: int) -> list[IncomingMessage]:
        """Make messages mine that nobody holds, or that are still idle for *idle_ms*.

        Those another took first are left out, and those beyond a bound in bytes: take these over later.
        """
        if not stream_ids:
            return []
        with redis_translated():
            return self._entries.claim(stream_ids, idle_ms)

    def renew(self, stream_ids: Sequence[str]) -> None:
        """Hold those of some messages that are still mine as if I had taken them over now."""
        with redis_translated():
            self._client.eval(_RENEW, 1, self.key, GROUP, self.consumer, *stream_ids)

    def acknowledge(
        self, stream_ids: Sequence[str], counts: Mapping[str, int], latencies: Mapping[str, int] | None = None
    ) -> None:
        """Drop messages whose fate is committed, and count them for `trailkeeper status` and for metrics.

        A Redis without memory refuses to count, and must drop them all the same, or it would stay full for
        ever: they are counted with the next ones.

        Args:
            stream_ids: the messages.
            counts: how many of them met which fate.
            latencies: fields of the totals, by which to raise them.
        """
        self._uncounted.update({**counts, **(latencies or {})})
        try:
            self._drop(stream_ids, counts, self._uncounted)
        except StreamFull:
            self._drop(stream_ids, {}, {})
        else:
            self._uncounted.clear()

    def _drop(self, stream_ids: Sequence[str], recent: Mapping[str, int], totals: Mapping[str, int]) -> None:
        pipeline = self._client.pipeline(transaction=True)
        pipeline.xack(self.key, GROUP, *stream_ids)
        pipeline.xdel(self.key, *stream_ids)
        stats.count(self._client, pipeline, self.key, recent, totals)

    def make_group(self) -> None:
        """Make stream and group where they are missing, from the stream's first entry on."""
        with redis_translated():
            try:
                self._client.xgroup_create(self.key, GROUP, id="0", mkstream=True)
            except redis.ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
