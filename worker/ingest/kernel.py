"""From messages to a prepared batch: judge, derive, make rows; halve what fails until one message is left."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from trailkeeper.models.counting import Producers
from trailkeeper.producer import catalogue
from trailkeeper.producer.secrets import SecretGuard
from trailkeeper.worker.clocks import Clocks
from trailkeeper.worker.enrich import enrichments
from trailkeeper.worker.settings import WorkerSettings

from .derive import Derive
from .expiry import Expiry
from .fates import RETRY, assert_not_of_machine
from .judge import Judge, JudgeMessage, judge_all
from .messages import IncomingMessage, Rejected
from .prepared import Prepared, chunks, halves
from .rows import rows_of
from .sequence_numbers import names_of
from .signatures import Signatures

OF_TIME = frozenset({"bad_time", "expired"})
"""Reasons that depend on what time it is."""

logger = logging.getLogger(__name__)


class Ingest:
    """Prepares messages to be written; one a process.

    Args:
        judge: decides what messages are.
        derive: adds derivations.
        producers: ids of those who number events.
        clocks: say whether messages may be rejected for their time.
        expiry: rejects what is past its retention, unless another judge is given; None for nothing.
        old_partitions: how many partitions of the past there may be for messages to make another.
    """

    def __init__(
        self,
        judge: Judge,
        derive: Derive,
        producers: Producers,
        clocks: Clocks,
        *,
        expiry: Expiry | None = None,
        old_partitions: int | None = None,
    ) -> None:
        self.judge = judge
        self.derive = derive
        self._producers = producers
        self._clocks = clocks
        self._expiry = expiry
        self._old_partitions = old_partitions

    def prepare(
        self,
        messages: Sequence[IncomingMessage],
        judge: JudgeMessage | None = None,
        rejected: Sequence[Rejected] = (),
    ) -> Prepared:
        """All that can be done before the transaction.

        Args:
            messages: what the source delivered.
            judge: in place of this object's own.
            rejected: what the source could not read as messages.

        Raises:
            One of `fates.RETRY`: nothing was changed.
        """
        prepared = self._rejected(rejected)
        if judge is None:
            judge = self._expiry.refusing(self.judge.judge) if self._expiry else self.judge.judge
        for chunk in chunks(messages):
            self._add(prepared, chunk, judge)
        return prepared

    def reject(self, messages: Sequence[IncomingMessage], reason: str, detail: str) -> Prepared:
        """Messages to be dead letters, whatever is in them."""
        return self._rejected([Rejected(message, reason, detail) for message in messages])

    def _rejected(self, rejected: Sequence[Rejected]) -> Prepared:
        return Prepared(rejected, self._producers.ids(names_of((), rejected)), self._old_partitions)

    def _add(self, prepared: Prepared, messages: Sequence[IncomingMessage], judge: JudgeMessage) -> None:
        try:
            accepted, rejected = judge_all(messages, judge, now := datetime.now(UTC))
            if any(one.reason in OF_TIME for one in rejected):
                self._clocks.assert_agreement(now)
            producers = self._producers.ids(names_of(accepted, rejected))
            rows = rows_of(accepted, self.derive.texts(accepted), producers)
            prepared.add(accepted, rows, rejected, producers)
        except RETRY:
            raise
        except Exception as error:
            assert_not_of_machine(error)
            if len(messages) == 1:
                alone = self.reject(messages, "worker_error", repr(error))
                prepared.add((), (), alone.rejected, alone.producers)
                return
            # an error of ours: halve until the message that causes it stands alone
            logger.exception("could not prepare %d messages", len(messages))
            for half in halves(messages):
                self._add(prepared, half, judge)


def make_ingest(
    settings: WorkerSettings, engine: Engine, *, of_messages: bool = False, check_signatures: bool = False
) -> Ingest:
    """The kernel as the settings want it.

    Args:
        settings: name the catalogue, location data, secrets and keys.
        engine: the database.
        of_messages: whether what is past its retention is rejected.
        check_signatures: whether unsigned messages are rejected, where keys are set.

    Raises:
        CatalogueError: a catalogue file is wrong.
        SettingsError: one of the keys is not a key.
    """
    types = catalogue.load(settings.catalogue)
    signatures = Signatures.of(settings.verify_keys, types) if check_signatures else None
    guard = SecretGuard(settings.secrets, settings.secret_words, key=settings.fingerprint_key)
    judge = Judge(types, guard, signatures)
    derive = Derive(engine, enrichments(settings.geoip))
    expiry = Expiry(settings, types, engine) if of_messages else None
    return Ingest(
        judge,
        derive,
        Producers(engine),
        Clocks(engine),
        expiry=expiry,
        old_partitions=settings.old_partitions,
    )
