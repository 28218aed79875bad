"""The relay: each batch of the outbox is removed, judged, derived and written in one transaction.

So a committed row becomes an event or a dead letter exactly once, whatever dies,
and a row whose transaction rolled back never was there. Redis carries none of it;
it only remembers which batch a process is at, to notice the rows that kill it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from trailkeeper.models.engine import transaction
from trailkeeper.models.outbox import OutboxRow, Span, ids, take
from trailkeeper.worker.drain.fates import RETRY
from trailkeeper.worker.drain.latency import latencies
from trailkeeper.worker.drain.report import Report
from trailkeeper.worker.drain.suspects import DEATHS, Suspects

from .batch import STREAM, Batch, Written, reject
from .marks import Marks

logger = logging.getLogger(__name__)


class Relay:
    """One worker's way through the outbox.

    Args:
        engine: the database.
        batch: the steps a batch takes.
        marks: remembers the batch at hand.
        suspects: counts the processes that single rows killed.
        batch_size: rows in one transaction.
    """

    def __init__(
        self, engine: Engine, batch: Batch, marks: Marks, suspects: Suspects, *, batch_size: int = 1_000
    ) -> None:
        self._engine = engine
        self._batch = batch
        self._marks = marks
        self._suspects = suspects
        self._batch_size = batch_size

    def run(self, seconds: float) -> Report:
        """Relay until nothing waits that nobody else is at, or *seconds* have passed.

        Raises:
            One of `fates.RETRY`: what was not committed stays in the outbox.
        """
        deadline = time.monotonic() + seconds
        report = self._recover()
        while time.monotonic() < deadline:
            batch = self._settle(Span())
            report.add(batch)
            if not batch.batches:
                break
        return report

    def _recover(self) -> Report:
        """What whoever was in my place before died at: as one batch again, after some deaths row by row."""
        left = self._marks.left()
        if left is None:
            return Report()
        deaths = left.deaths + 1
        report = self._one_by_one(left.span) if deaths >= DEATHS else self._settle(left.span, deaths)
        self._marks.clear()
        return report

    def _one_by_one(self, span: Span) -> Report:
        report = Report()
        with transaction(self._engine) as connection:
            found = ids(connection, span, self._batch_size)
        for identity in found:
            report.add(self._risk(Span(identity, identity), f"{STREAM}/{identity}"))
        return report

    def _risk(self, span: Span, name: str) -> Report:
        deaths = self._suspects.deaths(name)
        if deaths >= DEATHS:
            report = self._reject(span, "killed_worker", f"{deaths} processes died while handling it alone")
            self._suspects.survive(name)
            return report
        self._suspects.enter(name)
        try:
            return self._settle(span, marked=False)
        finally:
            self._suspects.survive(name)

    def _settle(self, span: Span, deaths: int = 0, *, marked: bool = True) -> Report:
        """Bring the next rows of a span to their fate."""
        rows: list[OutboxRow] = []
        try:
            with transaction(self._engine) as connection:
                rows = take(connection, span, self._batch_size)
                if not rows:
                    return Report()
                if marked:
                    self._marks.set(Span(rows[0].id, rows[-1].id), deaths)
                written = self._batch.write(connection, rows)
        except RETRY:
            if marked:
                self._marks.clear()
            raise
        except Exception as error:
            if not rows:
                raise
            return self._narrow(rows, error, marked=marked)
        self._count(written, len(rows), clear=marked)
        return written.report

    def _narrow(self, rows: Sequence[OutboxRow], error: Exception, *, marked: bool) -> Report:
        """An error of ours: halve the batch until the row that causes it stands alone."""
        logger.error("could not relay %d messages", len(rows), exc_info=error)
        if len(rows) == 1:
            report = self._reject(Span(rows[0].id, rows[0].id), "worker_error", repr(error)[:1000])
            if marked:
                self._marks.clear()
            return report
        middle = len(rows) // 2
        report = self._settle(Span(rows[0].id, rows[middle - 1].id), marked=marked)
        report.add(self._settle(Span(rows[middle].id, rows[-1].id), marked=marked))
        return report

    def _reject(self, span: Span, reason: str, detail: str) -> Report:
        with transaction(self._engine) as connection:
            report = reject(connection, take(connection, span, self._batch_size), reason, detail)
        self._count(Written(report, ()), report.dead_lettered, clear=False)
        return report

    def _count(self, written: Written, rows: int, *, clear: bool) -> None:
        # of a batch of which something was there before, it is not known what
        is_new = written.report.stored == rows
        moments = [each.event.occurred_at for each in written.accepted] if is_new else []
        took = latencies(moments, datetime.now(UTC))
        self._marks.count(written.report.counts(), took, clear=clear)
