"""The drain: empties the streams in batches.

Knows nothing of Celery: a task runs it, and so does `trailkeeper drain`.
"""

from __future__ import annotations

import gc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.transports.away import AwayServers
from trailkeeper.producer.transports.shards import shards_of
from trailkeeper.worker.gil_switch_interval import short_gil_switch_interval
from trailkeeper.worker.ingest import RETRY, Report
from trailkeeper.worker.ingest.process import IngestProcess
from trailkeeper.worker.settings import WorkerSettings

from .stream_drain import StreamDrain

OBJECTS_BEFORE_COLLECTION = 50_000
AWAY_SECONDS = (2.0, 30.0)
"""How long a server that failed is left alone, as long as there is another: at first, and at the longest."""


class Drainer(IngestProcess):
    """One consumer emptying the streams, with connections and caches that live as long as its process."""

    role = "drain"
    check_signatures = True

    def __init__(self, settings: WorkerSettings, consumer: str) -> None:
        super().__init__(settings, consumer)
        self.streams = [
            StreamDrain(shard, consumer, settings, self.ingest, self.engine) for shard in shards_of(settings)
        ]
        self._away = AwayServers(*AWAY_SECONDS)

    def run(self, seconds: float | None = None) -> Report:
        """Drain each stream until it is empty, or for its share of *seconds*, or of what the settings give.

        Raises:
            One of `fates.RETRY`: nothing is lost. One stream that fails keeps nobody from the others.
        """
        share = (self.settings.drain_seconds if seconds is None else seconds) / len(self.streams)
        report, problem = Report(), None
        with _few_collections(), short_gil_switch_interval():
            for stream in self._in_turn():
                if problem is not None and self._away.is_away(stream.server):
                    continue  # another one there has just failed
                try:
                    report.add(stream.run(share))
                    self._away.returned(stream.server)
                except RETRY as error:
                    problem = problem or error
                    if isinstance(error, StreamUnavailable):
                        self._away.leave(stream.server)
        if problem is not None:
            raise problem
        return report

    def close(self) -> None:
        """Give connections back."""
        super().close()
        for stream in self.streams:
            stream.close()

    def _in_turn(self) -> list[StreamDrain]:
        """Streams that are there; consumers begin with different ones, so that none waits for the others."""
        first = zlib.crc32(self.consumer.encode()) % len(self.streams)
        streams = self.streams[first:] + self.streams[:first]
        return [stream for stream in streams if not self._away.is_away(stream.server)] or streams


@contextmanager
def _few_collections() -> Iterator[None]:
    """Let the garbage collector run rarely: nothing here makes cycles, and it took a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
