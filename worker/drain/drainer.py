"""The drain: empties the streams in batches.

Knows nothing of Celery: a task runs it, and so does `trailkeeper drain`.
"""

from __future__ import annotations

import gc
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.transports.shards import shards_of
from trailkeeper.worker.gil_switch_interval import short_gil_switch_interval
from trailkeeper.worker.ingest import RETRY, Report
from trailkeeper.worker.ingest.process import IngestProcess
from trailkeeper.worker.settings import WorkerSettings

from .stream_drain import StreamDrain

OBJECTS_BEFORE_COLLECTION = 50_000
AWAY_SECONDS = 5.0
"""How long a stream that is away is left alone, as long as there is another."""


class Drainer(IngestProcess):
    """One consumer emptying the streams, with connections and caches that live as long as its process."""

    role = "drain"
    check_signatures = True

    def __init__(self, settings: WorkerSettings, consumer: str) -> None:
        super().__init__(settings, consumer)
        self.streams = [
            StreamDrain(shard, consumer, settings, self.ingest, self.engine) for shard in shards_of(settings)
        ]
        self._away_until = [0.0] * len(self.streams)

    def run(self, seconds: float | None = None) -> Report:
        """Drain each stream until it is empty, or for its share of *seconds*, or of what the settings give.

        Raises:
            One of `fates.RETRY`: nothing is lost. One stream that fails keeps nobody from the others.
        """
        share = (self.settings.drain_seconds if seconds is None else seconds) / len(self.streams)
        report, problem = Report(), None
        with _few_collections(), short_gil_switch_interval():
            for place in self._in_turn():
                try:
                    report.add(self.streams[place].run(share))
                except RETRY as error:
                    problem = problem or error
                    if isinstance(error, StreamUnavailable):
                        self._away_until[place] = time.monotonic() + AWAY_SECONDS
        if problem is not None:
            raise problem
        return report

    def close(self) -> None:
        """Give connections back."""
        super().close()
        for stream in self.streams:
            stream.close()

    def _in_turn(self) -> list[int]:
        """Streams that are there; consumers begin with different ones, so that none waits for the others."""
        number, now = len(self.streams), time.monotonic()
        first = zlib.crc32(self.consumer.encode())
        places = [(first + step) % number for step in range(number)]
        return [place for place in places if self._away_until[place] <= now] or places


@contextmanager
def _few_collections() -> Iterator[None]:
    """Let the garbage collector run rarely: nothing here makes cycles, and it took a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
