"""Drains a full Redis without Celery: `python -m trailkeeper.worker.drain.full_redis CONSUMER`.

At its maxmemory Redis takes no Celery message either. Reading, acknowledging and deleting need no memory.
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

import redis

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.redis_client import StreamClients, StreamFull, redis_translated
from trailkeeper.producer.stream_keys import last_write_key
from trailkeeper.worker.ingest.fates import RETRY, Report
from trailkeeper.worker.settings import WorkerSettings, settings

from .drainer import Drainer

logger = logging.getLogger(__name__)

SLICE_SECONDS = 1.0
LONGEST_SECONDS = 60.0
"""It ends after this time, even if the worker that started it died."""


def takes_writes(client: redis.Redis, stream: str) -> bool:
    """Note the time, unless Redis is full: then the last such note says since when.

    Raises:
        StreamUnavailable: Redis did not answer, or refuses for another reason.
    """
    try:
        with redis_translated():
            client.set(last_write_key(stream), datetime.now(UTC).isoformat())
    except StreamFull:
        return False
    return True


def all_take_writes(streams: StreamClients) -> bool:
    """Note the time beside each stream; False if a server is full, also where another one is away."""
    full = []

    def note(client: redis.Redis, key: str) -> None:
        if not takes_writes(client, key):
            full.append(key)

    with suppress(StreamUnavailable):  # the dispatcher says so
        streams.each(note)
    return not full


def relieve(config: WorkerSettings, consumer: str, seconds: float = LONGEST_SECONDS) -> Report:
    """Drain a full Redis until nothing is left and it takes writes again; returns what was drained.

    Not only until it takes a write: then the next clients that connect would fill it at once.

    Args:
        config: where everything is.
        consumer: the name under which messages are held.
        seconds: the longest.
    """
    drainer, done = Drainer(config, consumer), Report()
    deadline = time.monotonic() + seconds
    try:
        with StreamClients(config) as streams:
            more = not all_take_writes(streams)
            while more and time.monotonic() < deadline:
                report = _slice(drainer)
                done.add(report)
                more = not all_take_writes(streams) or report.batches > 0
    finally:
        drainer.close()
    return done


def _slice(drainer: Drainer) -> Report:
    report = Report()
    try:
        report = drainer.run(SLICE_SECONDS)
    except RETRY as error:
        logger.warning("a full Redis waits: %s: %s", type(error).__name__, error)
    if not report.batches:
        time.sleep(SLICE_SECONDS)  # Postgres is away, or it is not the stream that fills Redis
    return report


if __name__ == "__main__":
    logging.basicConfig()
    relieve(settings(), sys.argv[1])
