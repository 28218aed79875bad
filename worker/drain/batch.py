"""One batch from messages to committed fates: judge, fuse, derive, write, acknowledge."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from producer.catalogue import Catalogue
from producer.validation import harmless

from .derive import Derive
from .fates import RETRY
from .fuse import Fuse
from .judge import judge_all
from .latency import latencies
from .messages import Message, Rejected
from .numbers import names_of, producer_of
from .report import Report
from .rows import row_of
from .signatures import Signatures
from .store import Entry, Store
from .stream import Stream

logger = logging.getLogger(__name__)


class Prepared(NamedTuple):
    """A batch that only has to be written: its messages, the rows of the good ones, and the others."""

    messages: Sequence[Message]
    entries: Sequence[Entry]
    rejected: Sequence[Rejected]


class Written(NamedTuple):
    """A batch that is committed: its messages, what became of them, and how long they took."""

    stream_ids: Sequence[str]
    report: Report
    latencies: Mapping[str, int]


class Batch:
    """The steps that each batch takes. Raises only what means *retry* (`fates.RETRY`)."""

    def __init__(
        self,
        stream: Stream,
        catalogue: Catalogue,
        derive: Derive,
        store: Store,
        fuse: Fuse | None,
        *,
        signatures: Signatures | None = None,
    ) -> None:
        self._stream = stream
        self._catalogue = catalogue
        self._derive = derive
        self._store = store
        self._fuse = fuse
        self._signatures = signatures

    def settle(self, messages: Sequence[Message], *, fresh: bool) -> Report:
        """Bring every message to its fate and acknowledge it.

        Args:
            messages: what the stream delivered.
            fresh: whether none of them was ever delivered before.
        """
        try:
            return self.acknowledge(self.write(self.prepare(messages), fresh=fresh))
        except RETRY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is narrowed down and logged
            return self.narrow(messages, error)

    def prepare(self, messages: Sequence[Message]) -> Prepared:
        """Do all that can be done while another batch is being written. Raises whatever went wrong."""
        accepted, rejected = judge_all(messages, self._catalogue, datetime.now(UTC), self._signatures)
        if self._fuse:
            self._fuse.check(len(accepted), len(rejected) - _quarantined(rejected))
        producers = self._store.producers.ids(names_of(accepted))
        entries = [
            (each, row_of(each, *ids, producer_of(each, producers)))
            for each, ids in zip(accepted, self._derive.ids(accepted), strict=True)
        ]
        return Prepared(messages, entries, rejected)

    def write(self, prepared: Prepared, *, fresh: bool) -> Written:
        """Commit what was prepared. Raises whatever went wrong."""
        messages, entries, rejected = prepared
        stored, refused = self._store.write(entries, rejected, fresh=fresh)
        report = self._told(stored, len(entries) - len(refused) - stored, [*rejected, *refused])
        # of a batch of which something was there before, it is not known what
        events = [accepted for accepted, _ in entries] if stored == len(entries) else []
        counted = latencies(events, datetime.now(UTC))
        return Written([message.stream_id for message in messages], report, counted)

    def acknowledge(self, written: Written) -> Report:
        """Drop what is committed from the stream, and count it there."""
        self._stream.acknowledge(written.stream_ids, written.report.counts(), written.latencies)
        return written.report

    def reject(self, message: Message, reason: str, detail: str) -> Report:
        """Make one message a dead letter, whatever is in it."""
        rejected = [Rejected(message, reason, detail)]
        self._store.write([], rejected, fresh=True)
        report = self._told(0, 0, rejected)
        self._stream.acknowledge([message.stream_id], report.counts())
        return report

    def narrow(self, messages: Sequence[Message], error: Exception) -> Report:
        """An error of ours: halve the batch until the message that causes it stands alone."""
        logger.error("could not settle %d messages", len(messages), exc_info=error)
        if len(messages) == 1:
            return self.reject(messages[0], "worker_error", repr(error)[:1000])
        report = Report()
        middle = len(messages) // 2
        for half in (messages[:middle], messages[middle:]):
            report.add(self.settle(half, fresh=False))
        return report

    @staticmethod
    def _told(stored: int, duplicates: int, rejected: Sequence[Rejected]) -> Report:
        """What was committed, with a line of the log for each dead letter."""
        for rejection in rejected:
            logger.warning(
                "dead letter %s: %s",
                rejection.reason,
                harmless(rejection.detail),  # it quotes what anybody may have written
                extra={"stream_id": rejection.message.stream_id},
            )
        return Report(stored, duplicates, len(rejected), _quarantined(rejected), batches=1)


def _quarantined(rejected: Sequence[Rejected]) -> int:
    return sum(rejection.reason == "quarantined" for rejection in rejected)
