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
from trailkeeper.worker.ingest import stats
from trailkeeper.worker.ingest.messages import EVENT, NO_FIELDS, IncomingMessage


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
        self._uncounted: Counter[str] = Counter()

    def read(self, count: int) -> list[IncomingMessage]:
        """Up to *count* messages that were not delivered yet, oldest first; does not block."""
        with redis_translated():
            try:
                entries = self._read_group(count)
            except redis.ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                self.make_group()
                entries = self._read_group(count)
        return [_message_of(stream_id, fields) for stream_id, fields in entries]

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
        """Make messages mine that are still idle for *idle_ms*; those another took first are left out."""
        if not stream_ids:
            return []
        with redis_translated():
            claimed: Any = self._client.xclaim(self.key, GROUP, self.consumer, idle_ms, list(stream_ids))
        # an entry deleted from the stream comes as nil from servers older than 7.0
        return [_message(stream_id, fields) for stream_id, fields in claimed if fields is not None]

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
        stats.count(pipeline, self.key, recent, totals)
        with redis_translated():
            pipeline.execute()

    def make_group(self) -> None:
        """Make stream and group where they are missing, from the stream's first entry on."""
        with redis_translated():
            try:
                self._client.xgroup_create(self.key, GROUP, id="0", mkstream=True)
            except redis.ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise

    def _read_group(self, count: int) -> list[tuple[bytes, list[bytes]]]:
        """The entries as Redis sends them, names and values of fields in turn.

        The client knows no command of this name, so it leaves the answer as it is: its own
        way to the same pairs takes a third of the reading.
        """
        command = ("XREADGROUP GROUP", GROUP, self.consumer, "COUNT", count, "STREAMS", self.key, ">")
        reply: Any = self._client.execute_command(*command)  # type: ignore[no-untyped-call]  # as published
        streams = reply.items() if isinstance(reply, dict) else reply or ()  # by the protocol's version
        return next((entries for _, entries in streams), [])


def _message_of(stream_id: bytes, fields: list[bytes]) -> IncomingMessage:
    """From names and values in turn."""
    if len(fields) == 2 and fields[0] == EVENT:  # noqa: PLR2004 - nearly all of them, in half of the time
        return IncomingMessage(stream_id.decode(), fields[1], None, NO_FIELDS)
    return _message(stream_id, dict(zip(fields[::2], fields[1::2], strict=True)))


def _message(stream_id: bytes, fields: dict[bytes, bytes]) -> IncomingMessage:
    payload = fields.get(EVENT)
    is_alone = payload is not None and len(fields) == 1
    return IncomingMessage(
        stream_id.decode(), payload, fields.get(b"invalid"), NO_FIELDS if is_alone else fields
    )
