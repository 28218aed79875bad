"""The relay: each batch of the outbox is removed, judged, derived and written in one transaction.

So a committed row becomes an event or a dead letter exactly once, whatever dies,
and a row whose transaction rolled back never was there. Redis carries none of it;
it only remembers which batch a process works on, to notice the rows that kill it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from trailkeeper.models.engine import assert_commits, transaction
from trailkeeper.models.outbox import OutboxRow, Span, ids, take
from trailkeeper.producer.redis_client import connect
from trailkeeper.producer.transports.shards import shards_of
from trailkeeper.worker.ingest import Prepared, Report, write
from trailkeeper.worker.ingest.crash_markers import DEATHS, CrashMarkers
from trailkeeper.worker.ingest.messages import EVENT, HEAD_BYTES, NO_FIELDS, OUTBOX, IncomingMessage
from trailkeeper.worker.ingest.pause import run_or_pause
from trailkeeper.worker.ingest.process import IngestProcess
from trailkeeper.worker.settings import WorkerSettings

from .batch_marker import BatchMarker


class Relayer(IngestProcess):
    """One worker's way through the outbox, with connections and caches that live as long as its process."""

    role = "relay"

    def __init__(self, settings: WorkerSettings, consumer: str) -> None:
        super().__init__(settings, consumer)
        home = shards_of(settings)[0]
        self._client, self._home = connect(home), home.key
        self._crash_markers = CrashMarkers(self._client, self._home)
        self._marker = BatchMarker(self._client, self._home, consumer)

    def run(self, seconds: float | None = None) -> Report:
        """Relay for *seconds*, or for the time the settings give; pause the fleet where it must wait.

        Raises:
            One of `fates.RETRY`: nothing is lost, and a pause is on if Redis could be reached.
        """
        longest = self.settings.drain_seconds if seconds is None else seconds
        return run_or_pause(self._client, self._home, lambda: self._run(longest))

    def close(self) -> None:
        """Give connections back."""
        super().close()
        self._client.close()

    def _run(self, seconds: float) -> Report:
        """Relay until no row waits that is not locked by another relay, or *seconds* have passed."""
        deadline = time.monotonic() + seconds
        report = self._recover(deadline)
        while time.monotonic() < deadline:
            batch = self._marked(Span())
            report.add(batch)
            if not batch.batches:
                break
        return report

    def _recover(self, deadline: float) -> Report:
        """Relay what my predecessor died on: as one batch again, after some deaths row by row.

        The marker stays while there was not the time for all of it.
        """
        left = self._marker.read()
        if left is None:
            return Report()
        assert_commits(self.engine)  # see `crash_markers`
        deaths = left.deaths + 1
        if deaths < DEATHS:
            report, complete = self._marked(left.span, deaths), True
        else:
            report, complete = self._one_by_one(left.span, deadline)
        if complete:
            self._marker.clear()
        return report

    def _one_by_one(self, span: Span, deadline: float) -> tuple[Report, bool]:
        """Returns also whether there was the time for all rows."""
        report = Report()
        with transaction(self.engine) as connection:
            row_ids = ids(connection, span, self.settings.batch_size)
        for row_id in row_ids:
            # killed at the time limit of its task, this process would count as one more death of the row
            if time.monotonic() > deadline:
                return report, False
            report.add(self._guarded(row_id))
        return report, True

    def _guarded(self, row_id: int) -> Report:
        row = Span(row_id, row_id)
        return self._crash_markers.run(
            f"{OUTBOX}/{row_id}",
            lambda: self._relay(row, self.ingest.prepare),
            lambda reason, detail: self._relay(
                row, lambda messages: self.ingest.reject(messages, reason, detail)
            ),
        )

    def _marked(self, span: Span, deaths: int = 0) -> Report:
        """Relay the next rows of a span; the marker is left behind only by a process that dies."""

        def prepare(messages: Sequence[IncomingMessage]) -> Prepared:
            self._marker.set(Span(int(messages[0].stream_id), int(messages[-1].stream_id)), deaths)
            return self.ingest.prepare(messages)

        try:
            return self._relay(span, prepare, clear=True)
        except Exception:
            # this process is alive, and has counted one more death than there were
            if deaths:
                self._marker.set(span, deaths - 1)
            else:
                self._marker.clear()
            raise

    def _relay(
        self, span: Span, prepare: Callable[[Sequence[IncomingMessage]], Prepared], *, clear: bool = False
    ) -> Report:
        """Bring the next rows of a span to their fate."""
        with transaction(self.engine) as connection:
            rows = take(connection, span, self.settings.batch_size)
            if not rows:
                return Report()
            prepared = prepare([_message(row) for row in rows])
            report = write(connection, prepared, source=OUTBOX)
        self._marker.count(report.counts(), prepared.latencies(report), clear=clear)
        return report


def _message(row: OutboxRow) -> IncomingMessage:
    if row.excess is not None:
        excess = f"{row.excess}; the first {HEAD_BYTES:,} are kept"
        head = row.payload[:HEAD_BYTES]
        return IncomingMessage(str(row.id), head, None, NO_FIELDS, excess=excess, may_number=False)
    fields = NO_FIELDS if row.invalid is None else {EVENT: row.payload, b"invalid": row.invalid}
    return IncomingMessage(str(row.id), row.payload, row.invalid, fields, may_number=False)
