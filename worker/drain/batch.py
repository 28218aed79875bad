"""One batch from messages to committed fates: judge, fuse, derive, write, acknowledge."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from trailkeeper.models.errors import RefusedRow
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.validation import harmless

from .derive import Derive
from .fates import RETRY
from .fuse import Fuse
from .judge import judge_all
from .latency import latencies
from .messages import Message, Rejected
from .numbers import names_of
from .ready import Ready, parts_of
from .report import Report
from .signatures import Signatures
from .store import Store
from .stream import Stream

MAX_DETAIL = 1_000

logger = logging.getLogger(__name__)


class Prepared(NamedTuple):
    """A batch that only has to be written: its messages, what the good ones are stored as, and the others."""

    messages: Sequence[Message]
    ready: Ready
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
        ready = Ready()
        rejected: list[Rejected] = []
        for part in parts_of(messages):
            accepted, others = judge_all(part, self._catalogue, datetime.now(UTC), self._signatures)
            producers = self._store.producers.ids(names_of(accepted))
            ready.add(accepted, self._derive.ids(accepted), producers)
            rejected += others
        if self._fuse:
            self._fuse.check(len(ready.rows), len(rejected) - _quarantined(rejected))
        return Prepared(messages, ready, rejected)

    def write(self, prepared: Prepared, *, fresh: bool) -> Written:
        """Commit what was prepared. Raises whatever went wrong."""
        messages, ready, rejected = prepared
        stored = self._store.write(ready, rejected, fresh=fresh)
        duplicates = len(ready.rows) - stored
        report = self._told(stored, duplicates, rejected)
        # of a batch of which something was there before, it is not known what
        counted = {} if duplicates else latencies(ready.moments, datetime.now(UTC))
        return Written([message.stream_id for message in messages], report, counted)

    def acknowledge(self, written: Written) -> Report:
        """Drop what is committed from the stream, and count it there."""
        self._stream.acknowledge(written.stream_ids, written.report.counts(), written.latencies)
        return written.report

    def reject(self, message: Message, reason: str, detail: str) -> Report:
        """Make one message a dead letter, whatever is in it."""
        rejected = [Rejected(message, reason, detail)]
        self._store.write(Ready(), rejected, fresh=True)
        report = self._told(0, 0, rejected)
        self._stream.acknowledge([message.stream_id], report.counts())
        return report

    def narrow(self, messages: Sequence[Message], error: Exception) -> Report:
        """A row that is refused, or an error of ours: halve the batch until its message stands alone."""
        is_refused = isinstance(error, RefusedRow)
        if not is_refused:
            logger.error("could not settle %d messages", len(messages), exc_info=error)
        if len(messages) == 1:
            reason, detail = ("refused_row", str(error)) if is_refused else ("worker_error", repr(error))
            return self.reject(messages[0], reason, detail[:MAX_DETAIL])
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
