"""The drain of one stream: takes over what dead consumers left, then empties it in batches."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from msgspec.structs import replace
from sqlalchemy import Engine

from trailkeeper.models.engine import assert_commits
from trailkeeper.producer.redis_client import answer_seconds_of, connect
from trailkeeper.producer.transports.shards import Shard
from trailkeeper.worker.ingest import Ingest, Report
from trailkeeper.worker.ingest.crash_markers import DELIVERIES_BEFORE_SUSPICION, CrashMarkers
from trailkeeper.worker.ingest.messages import IncomingMessage
from trailkeeper.worker.ingest.pause import run_or_pause
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.stranded import stranded_ids

from .batches import StreamBatches
from .lease import renewed
from .stream import Pending, Stream
from .write_pipeline import WritePipeline

logger = logging.getLogger(__name__)


class StreamDrain:
    """One consumer of one stream.

    Args:
        shard: the stream.
        consumer: the name under which messages are held.
        settings: say how much at once, and for how long.
        ingest: judges and derives.
        engine: of the database.
    """

    def __init__(
        self, shard: Shard, consumer: str, settings: WorkerSettings, ingest: Ingest, engine: Engine
    ) -> None:
        self.server = shard.server
        self._client = connect(shard, answer_seconds=answer_seconds_of(settings))
        self._settings = settings
        self._engine = engine
        self._stream = Stream(self._client, shard.key, consumer)
        self._batches = StreamBatches(self._stream, ingest, engine)
        self._crash_markers = CrashMarkers(self._client, shard.key)
        self._lease_ms = int(settings.lease_seconds * 1000)

    def run(self, seconds: float) -> Report:
        """Drain until the stream is empty or *seconds* have passed; pause the fleet where it must wait.

        Raises:
            One of `fates.RETRY`: nothing is lost, and a pause is on if Redis could be reached.
        """
        return run_or_pause(self._client, self._stream.key, lambda: self.run_unpaused(seconds))

    def run_unpaused(self, seconds: float) -> Report:
        """The same, finishing the batch at hand; an error pauses nobody."""
        deadline = time.monotonic() + seconds
        report = self.recover(deadline)
        with WritePipeline(self._batches) as pipeline:
            while time.monotonic() < deadline and (messages := self._stream.read(self._settings.batch_size)):
                pipeline.add(messages)
        report.add(pipeline.report)
        return report

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    def recover(self, deadline: float) -> Report:
        """Store what this consumer held when it died, others hold for too long, and nobody holds."""
        report = self._recover(deadline, mine=True, idle_ms=0)
        report.add(self._recover(deadline, mine=False, idle_ms=self._lease_ms))
        report.add(self._recover_stranded(deadline))
        return report

    def _recover_stranded(self, deadline: float) -> Report:
        report = Report()
        while time.monotonic() < deadline:
            stranded = stranded_ids(self._client, self._stream.key, self._settings.batch_size)
            if stranded:
                logger.warning(
                    "%d entries of the stream were stranded, from %s on", len(stranded), stranded[0]
                )
            # what another drain takes over first is no longer stranded, and held for less than the lease
            messages = self._stream.take_over(stranded, self._lease_ms)
            if not messages:
                break
            report.add(self._batches.run(messages, fresh=False))
        return report

    def _recover(self, deadline: float, *, mine: bool, idle_ms: int) -> Report:
        report = Report()
        while time.monotonic() < deadline:
            pending = self._stream.pending(mine=mine, idle_ms=idle_ms, count=self._settings.batch_size)
            before = report.batches
            report.add(self._together([entry for entry in pending if not _is_suspect(entry)], idle_ms))
            report.add(self._suspects([*filter(_is_suspect, pending)], idle_ms, deadline))
            if report.batches == before:
                break  # nothing is left, or another drain was quicker
        return report

    def _together(self, pending: Sequence[Pending], idle_ms: int) -> Report:
        messages = self._stream.take_over([entry.stream_id for entry in pending], idle_ms)
        return self._batches.run(messages, fresh=False) if messages else Report()

    def _suspects(self, suspects: Sequence[Pending], idle_ms: int, deadline: float) -> Report:
        """Store messages that may have killed their process; after three deaths reject one."""
        report = Report()
        if not suspects:
            return report
        assert_commits(self._engine)
        marked = self._crash_markers.marked([entry.stream_id for entry in suspects])
        for group in _groups(suspects, marked):
            # killed at the time limit of its task, a drain would count as one more death of these messages
            if time.monotonic() < deadline:
                report.add(self._suspect_group(group, idle_ms))
        return report

    def _suspect_group(self, group: Sequence[Pending], idle_ms: int) -> Report:
        deliveries = {entry.stream_id: entry.deliveries + 1 for entry in group}
        messages = [
            replace(message, deliveries=deliveries[message.stream_id])
            for message in self._stream.take_over([*deliveries], idle_ms)
        ]
        if not messages:
            return Report()
        stream_ids = [message.stream_id for message in messages]
        with renewed(self._stream, stream_ids, self._lease_ms):
            if len(group) == 1:
                return self._guarded(messages[0])
            return self._crash_markers.run_together(
                stream_ids, lambda: self._batches.run(messages, fresh=False)
            )

    def _guarded(self, message: IncomingMessage) -> Report:
        return self._crash_markers.run(
            message.stream_id,
            lambda: self._batches.run([message], fresh=False),
            lambda reason, detail: self._batches.reject(message, reason, detail),
            lambda: self._batches.finish(message),
        )


def _is_suspect(entry: Pending) -> bool:
    return entry.deliveries >= DELIVERIES_BEFORE_SUSPICION


def _groups(suspects: Sequence[Pending], marked: AbstractSet[str]) -> Iterator[Sequence[Pending]]:
    """What is stored together: 1, 2, 4 … of those that no process died on, then each of the others alone.

    An outage makes suspects of thousands. The first shows whether it is over; and where it is only that
    many at once are too slow for Postgres, each try stores some nevertheless.
    """
    unmarked = [entry for entry in suspects if entry.stream_id not in marked]
    start, size = 0, 1
    while start < len(unmarked):
        yield unmarked[start : start + size]
        start, size = start + size, size * 2
    yield from ([entry] for entry in suspects if entry.stream_id in marked)
