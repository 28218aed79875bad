"""One batch from messages to committed fates: judge, fuse, derive, write, acknowledge."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from producer.catalogue import Catalogue

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
from .store import Store
from .stream import Stream

logger = logging.getLogger(__name__)


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
            return self._settle(messages, fresh=fresh)
        except RETRY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is narrowed down and logged
            return self._narrow(messages, error)

    def reject(self, message: Message, reason: str, detail: str) -> Report:
        """Make one message a dead letter, whatever is in it."""
        rejected = [Rejected(message, reason, detail)]
        self._store.write([], rejected, fresh=True)
        report = self._told(0, 0, rejected)
        self._stream.acknowledge([message.stream_id], report.counts())
        return report

    def _settle(self, messages: Sequence[Message], *, fresh: bool) -> Report:
        accepted, rejected = judge_all(messages, self._catalogue, datetime.now(UTC), self._signatures)
        if self._fuse:
            self._fuse.check(len(accepted), len(rejected) - _quarantined(rejected))
        producers = self._store.producers.ids(names_of(accepted))
        entries = [
            (each, row_of(each, *ids, producer_of(each, producers)))
            for each, ids in zip(accepted, self._derive.ids(accepted), strict=True)
        ]
        stored, refused = self._store.write(entries, rejected, fresh=fresh)
        report = self._told(stored, len(accepted) - len(refused) - stored, [*rejected, *refused])
        # of a batch of which something was there before, it is not known what
        counted = latencies(accepted, datetime.now(UTC)) if stored == len(accepted) else {}
        self._stream.acknowledge([message.stream_id for message in messages], report.counts(), counted)
        return report

    def _narrow(self, messages: Sequence[Message], error: Exception) -> Report:
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
                rejection.detail,
                extra={"stream_id": rejection.message.stream_id},
            )
        return Report(stored, duplicates, len(rejected), _quarantined(rejected), batches=1)


def _quarantined(rejected: Sequence[Rejected]) -> int:
    return sum(rejection.reason == "quarantined" for rejection in rejected)
