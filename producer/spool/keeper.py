"""The spool of a process that emits: a file shared by all processes of the host."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from trailkeeper.producer.settings import ProducerSettings, spool_path, spool_problem
from trailkeeper.producer.transports import StreamTransport

from . import folder
from .file import SpoolFile
from .flush_scheduler import FlushScheduler
from .flushing import flush
from .queue import Queue
from .schema import Limits

logger = logging.getLogger("trailkeeper")


class FileSpool:
    """A `Spool` in an SQLite file. Nothing is opened, or even imported, before it is needed.

    Args:
        path: of the file.
        limits: see `Limits`.
        stream: the stream that its messages are for.
    """

    def __init__(self, path: Path, limits: Limits, stream: StreamTransport) -> None:
        self._stream = stream
        self.queue = Queue(SpoolFile(path, limits), stream.place)
        self._scheduler = FlushScheduler(self.flush, self._may_hold)

    @classmethod
    def of(cls, settings: ProducerSettings, stream: StreamTransport) -> FileSpool | None:
        """The spool that the settings name; None if it is off or has no place, which the log says once."""
        path = spool_path(settings.spool)
        if problem := spool_problem(settings.spool) or (path and folder.problem(path)):
            logger.warning("no_spool: in an outage of Redis events are only logged: %s", problem)
        limits = Limits(settings.spool_max_mb, settings.spool_sync)
        return None if path is None else cls(path, limits, stream)

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
        """See `Spool.put`."""
        self.queue.put(fields, tag, deadline)
        self._spooled()

    def put_all(self, entries: Sequence[tuple[Mapping[bytes, bytes], str]], deadline: float) -> None:
        """See `SpoolsMany.put_all`. Waits for no other thread beyond the deadline."""
        self.queue.put_all(entries, deadline, extra_seconds=0.0)
        self._spooled()

    def _spooled(self) -> None:
        if self._scheduler.spooled():
            path = self.queue.file.path
            logger.warning("spooling: Redis does not take events; they stay in %s until it does", path)

    def redis_answered(self) -> None:
        """See `Spool.redis_answered`."""
        self._scheduler.redis_answered()

    def flush(self, kept_for: str | None = None) -> int:
        """Deliver to this stream what the spool holds for it, or for another stream. See `flushing.flush`.

        Args:
            kept_for: the other stream's place, as `status` reports it: for when Redis moved to a new address.
        """
        place = self.queue.place if kept_for is None else kept_for
        return sum(flush(Queue(file, place), self._stream) for file in self.queue.file.all())

    def _may_hold(self) -> bool:
        return any(file.path.exists() or file.is_open for file in self.queue.file.all())

    def close(self) -> None:
        """See `Spool.close`."""
        self.queue.file.close()
