"""Batches of the stream: prepared, committed, acknowledged, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Engine

from trailkeeper.models.engine import transaction
from trailkeeper.models.writing import count_stored
from trailkeeper.worker.ingest import Ingest, Prepared, Report, write
from trailkeeper.worker.ingest.messages import IncomingMessage

from .stream import Stream


class Committed(NamedTuple):
    """A batch that is committed and not acknowledged yet."""

    stream_ids: Sequence[str]
    report: Report
    latencies: Mapping[str, int]


class StreamBatches:
    """The steps of a batch. Each raises only what means *retry* (`ingest.RETRY`)."""

    def __init__(self, stream: Stream, ingest: Ingest, engine: Engine) -> None:
        self._stream = stream
        self._ingest = ingest
        self._engine = engine

    def run(self, messages: Sequence[IncomingMessage], *, fresh: bool) -> Report:
        """Bring every message to its fate and acknowledge it.

        Args:
            messages: what the stream delivered.
            fresh: whether none of them was ever delivered before.
        """
        return self.acknowledge(self.commit(messages, self.prepare(messages), fresh=fresh))

    def reject(self, message: IncomingMessage, reason: str, detail: str) -> Report:
        """Make one message a dead letter, whatever is in it."""
        return self.acknowledge(
            self.commit([message], self._ingest.reject([message], reason, detail), fresh=True)
        )

    def finish(self, message: IncomingMessage) -> Report | None:
        """Acknowledge a message if its event is stored already; else None."""
        if (key := self._ingest.judge.key(message)) is None:
            return None
        with transaction(self._engine) as connection:
            if not count_stored(connection, key[0], [key[1]]):
                return None
        return self.acknowledge(Committed([message.stream_id], Report(duplicates=1, batches=1), {}))

    def prepare(self, messages: Sequence[IncomingMessage]) -> Prepared:
        """Do all that can be done while another batch is being written."""
        return self._ingest.prepare(messages)

    def commit(self, messages: Sequence[IncomingMessage], prepared: Prepared, *, fresh: bool) -> Committed:
        """Commit what was prepared of messages."""
        with transaction(self._engine) as connection:
            report = write(connection, prepared, source=self._stream.key, fresh=fresh)
        return Committed([message.stream_id for message in messages], report, prepared.latencies(report))

    def acknowledge(self, committed: Committed) -> Report:
        """Delete what is committed from the stream, and count it there."""
        self._stream.acknowledge(committed.stream_ids, committed.report.counts(), committed.latencies)
        return committed.report
