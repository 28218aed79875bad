"""The spool of a process that emits: a file shared with all others of the host."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from trailkeeper.producer.settings import ProducerSettings, spool_path
from trailkeeper.producer.transports import RedisStream

from .file import SpoolFile
from .flush_scheduler import FlushScheduler
from .flushing import flush
from .queue import Queue
from .schema import Limits

logger = logging.getLogger("trailkeeper")


class FileSpool:
    """A `Spool` in a file of SQLite's. Nothing is opened, or even imported, before it is needed.

    Args:
        path: of the file.
        limits: see `Limits`.
        stream: where messages go, and for which the spool keeps them.
    """

    def __init__(self, path: Path, limits: Limits, stream: RedisStream) -> None:
        self._stream = stream
        self.queue = Queue(SpoolFile(path, limits), stream.place)
        self._scheduler = FlushScheduler(self.flush, path.exists)

    @classmethod
    def of(cls, settings: ProducerSettings, stream: RedisStream) -> FileSpool | None:
        """The one that the settings name; None where it is off."""
        path = spool_path(settings.spool)
        limits = Limits(settings.spool_max_mb, settings.spool_sync)
        return None if path is None else cls(path, limits, stream)

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
        """See `Spool.put`."""
        self.queue.put(fields, tag, deadline)
        if self._scheduler.spooled():
            path = self.queue.file.path
            logger.warning("spooling: Redis does not take events; they are kept in %s until it does", path)

    def redis_answered(self) -> None:
        """See `Spool.redis_answered`."""
        self._scheduler.redis_answered()

    def flush(self, kept_for: str | None = None) -> int:
        """Deliver to this stream all that is kept for it, or for another one. See `flushing.flush`.

        Args:
            kept_for: another one's place, as `status` names it: Redis has moved, and the old address is gone.
        """
        queue = self.queue if kept_for is None else Queue(self.queue.file, kept_for)
        with self._stream.many() as batches:
            return flush(queue, batches)

    def close(self) -> None:
        """See `Spool.close`."""
        self.queue.file.close()
