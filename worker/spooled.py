"""Delivers what producers on this host spooled."""

from __future__ import annotations

import time

from trailkeeper.producer.settings import spool_path
from trailkeeper.producer.spool.flushing import FlushInProgress
from trailkeeper.producer.spool.keeper import FileSpool
from trailkeeper.producer.spool.schema import Limits
from trailkeeper.producer.transports import stream_of

from .settings import WorkerSettings

LOOK_SECONDS = 0.1


def spool_of(settings: WorkerSettings) -> FileSpool | None:
    """The spool of this host, to deliver from; None where it is off.

    Raises:
        SettingsError: the Redis URL cannot be used.
    """
    path = spool_path(settings.spool)
    if path is None:
        return None
    return FileSpool(path, Limits(), stream_of(settings))


def deliver(settings: WorkerSettings, seconds: float, kept_for: str | None = None) -> int:
    """Deliver all that the spool of this host holds for our stream; returns how many events.

    Args:
        settings: where spool and stream are.
        seconds: the longest to wait for another process that is delivering.
        kept_for: deliver to our stream what is kept for this other one.

    Raises:
        FlushInProgress: another process was at it all the time.
        StreamUnavailable: Redis did not take them.
        SpoolUnavailable: the spool cannot be read.
    """
    spool = spool_of(settings)
    if spool is None:
        return 0
    deadline = time.monotonic() + seconds
    try:
        while True:
            try:
                return spool.flush(kept_for)
            except FlushInProgress:
                if time.monotonic() > deadline:
                    raise
            time.sleep(LOOK_SECONDS)
    finally:
        spool.close()
