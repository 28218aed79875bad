"""One batch of the outbox within the transaction that took it: judge, fuse, derive, write."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from trailkeeper.models.outbox import OutboxRow
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.worker.drain.fuse import Fuse
from trailkeeper.worker.drain.judge import judge_all
from trailkeeper.worker.drain.messages import EVENT, Accepted, Message, Rejected
from trailkeeper.worker.drain.report import Report
from trailkeeper.worker.writing import Writer, keep

logger = logging.getLogger(__name__)

STREAM = "outbox"
"""Where the dead letters of the outbox say that they come from."""


class Written(NamedTuple):
    """What became of a batch, and which of it are events."""

    report: Report
    accepted: Sequence[Accepted]


class Batch:
    """The steps that each batch takes.

    Args:
        catalogue: the event types.
        writer: stores accepted messages within a transaction.
        fuse: raises `FuseBlown` when most of what arrives is rejected; None for never.
    """

    def __init__(self, catalogue: Catalogue, writer: Writer, fuse: Fuse | None) -> None:
        self._catalogue = catalogue
        self._writer = writer
        self._fuse = fuse

    def write(self, connection: Connection, rows: Sequence[OutboxRow]) -> Written:
        """Make each row an event or a dead letter.

        Raises:
            One of `fates.RETRY`: the transaction is to be rolled back.
        """
        accepted, rejected = judge_all([_message(row) for row in rows], self._catalogue, datetime.now(UTC))
        if self._fuse:
            self._fuse.check(len(accepted), len(rejected) - _quarantined(rejected))
        stored, refused = self._writer.store(connection, accepted)
        bad = [*rejected, *refused]
        keep(connection, STREAM, bad)
        return Written(_told(stored, len(rows) - stored - len(bad), bad), accepted)


def reject(connection: Connection, rows: Sequence[OutboxRow], reason: str, detail: str) -> Report:
    """Make rows dead letters, whatever is in them."""
    bad = [Rejected(_message(row), reason, detail) for row in rows]
    keep(connection, STREAM, bad)
    return _told(0, 0, bad)


def _message(row: OutboxRow) -> Message:
    fields = {EVENT: row.payload} | ({} if row.invalid is None else {b"invalid": row.invalid})
    return Message(str(row.id), row.payload, row.invalid, fields)


def _told(stored: int, duplicates: int, bad: Sequence[Rejected]) -> Report:
    """What is being committed, with a line of the log for each dead letter."""
    for rejection in bad:
        logger.warning(
            "dead letter %s: %s",
            rejection.reason,
            rejection.detail,
            extra={"outbox_id": rejection.message.stream_id},
        )
    return Report(stored, duplicates, len(bad), _quarantined(bad), batches=1)


def _quarantined(rejected: Sequence[Rejected]) -> int:
    return sum(rejection.reason == "quarantined" for rejection in rejected)
