"""What is on its way when an erasure begins: it must be stored first, or it would come back.

What waits in this host's spool is delivered rather than altered where it lies: it may be signed,
and what is held is known to Postgres only.
"""

from __future__ import annotations

import time
from typing import Any

import redis

from trailkeeper.producer.errors import SpoolUnavailable
from trailkeeper.producer.redis_client import redis_translated
from trailkeeper.producer.spool.flushing import FlushInProgress
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.spooled import deliver

LOOK_SECONDS = 0.1


class Undrained(Exception):  # noqa: N818 - what it says
    """Messages from before are still in the spool or the stream; nothing was erased."""


def deliver_spooled(settings: WorkerSettings, seconds: float) -> None:
    """Return once all that waited in this host's spool for our stream is in the stream.

    Raises:
        Undrained: the spool cannot be read, or another process was delivering all the time.
        StreamUnavailable: Redis did not take it.
    """
    try:
        deliver(settings, seconds)
    except (FlushInProgress, SpoolUnavailable) as error:
        raise Undrained(f"what waits in the spool is not delivered: {error}") from error


def wait_until_drained(client: redis.Redis, stream: str, seconds: float) -> None:
    """Return once every message that was in the stream by now is stored, or a dead letter.

    Messages that come meanwhile are not waited for.

    Args:
        client: of Redis.
        stream: key of the stream.
        seconds: the longest to wait.

    Raises:
        Undrained: it took longer.
        StreamUnavailable: Redis did not answer.
    """
    last = _last_id(client, stream)
    deadline = time.monotonic() + seconds
    while last is not None and _holds_until(client, stream, last):
        if time.monotonic() > deadline:
            raise Undrained(
                f"messages in the stream are not stored yet after {seconds:g} s; start a worker, or run"
                " `trailkeeper drain`, then erase"
            )
        time.sleep(LOOK_SECONDS)


def _last_id(client: redis.Redis, stream: str) -> bytes | None:
    with redis_translated():
        entries: Any = client.xrevrange(stream, count=1)
    return entries[0][0] if entries else None


def _holds_until(client: redis.Redis, stream: str, last: bytes) -> bool:
    with redis_translated():
        entries: Any = client.xrange(stream, max=last.decode(), count=1)
    return bool(entries)
