"""Dead letters as a source of ingestion: what can be stored now leaves them in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection

from trailkeeper.models.backfills import Advance, ReplayFilters, StoredBackfill
from trailkeeper.models.backfills.dead_letters import DeadLetter, Verdict, judge_anew, remove, take
from trailkeeper.producer.errors import InvalidMessage
from trailkeeper.worker.ingest import Ingest, store
from trailkeeper.worker.ingest.dead_letters import detail_text
from trailkeeper.worker.ingest.expiry import Expiry
from trailkeeper.worker.ingest.judge import Judged, JudgeMessage
from trailkeeper.worker.ingest.messages import IncomingMessage, Rejected
from trailkeeper.worker.ingest.signatures import Signatures

from .dead_letters import gone, is_never_signed, messages_of, trusted

CHUNK = 200
"""The most dead letters of a chunk: each may hold a quarter of a megabyte."""


class Replay:
    """The kind ``dead_letters``. One that still cannot be stored stays, with its present reason."""

    size = CHUNK

    def __init__(self, ingest: Ingest, signatures: Signatures | None, expiry: Expiry) -> None:
        self._ingest = ingest
        self._expiry = expiry
        self._signatures = signatures

    def chunk(self, connection: Connection, job: StoredBackfill, size: int) -> Advance:
        """Try the next dead letters."""
        filters = ReplayFilters.from_json(job.filters)
        letters = take(connection, filters, (job.cursor or {}).get("id", 0), size)
        prepared = self._ingest.prepare(messages_of(connection, letters), self.judging(letters))
        stored, refused = store(connection, prepared)
        rejected = [*prepared.rejected, *refused]
        self._update(connection, letters, rejected)
        cursor = {"id": letters[-1].id} if len(letters) == size else None
        duplicates = len(letters) - stored - len(rejected)
        return Advance(cursor, len(letters), stored, duplicates, len(rejected))

    def judging(self, letters: Sequence[DeadLetter]) -> JudgeMessage:
        """Judges the messages of these dead letters, whose ids are the messages' stream ids.

        What a call to emit() was rejected for is left out: it is judged anew.
        """
        # those of a stream of another name too, such as one that was renamed
        signed = {str(letter.id) for letter in letters if not is_never_signed(letter)}
        # an import takes what is old, unless it was purged; what came as a message is refused again
        judge_old, judge_new = self._ingest.judge.judge, self._expiry.refusing(self._ingest.judge.judge)

        def judge(message: IncomingMessage, now: datetime) -> Judged:
            try:
                if self._signatures and message.stream_id in signed:
                    self._signatures.check(message)
            except InvalidMessage as error:
                return Rejected(message, error.reason, error.detail)
            judge_any = judge_old if message.is_imported else judge_new
            return judge_any(replace(message, problem=None), now)

        return judge

    def _update(
        self, connection: Connection, letters: Sequence[DeadLetter], rejected: Sequence[Rejected]
    ) -> None:
        stay = {int(rejection.message.stream_id): rejection for rejection in rejected}
        stored = [letter for letter in letters if letter.id not in stay]
        if stored:
            remove(connection, [letter.id for letter in stored])
            gone(connection, stored, None)
        if stay:
            trusted(connection, {letter.id: letter for letter in letters}, rejected)
            verdicts = [Verdict(key, kept.reason, detail_text(kept.detail)) for key, kept in stay.items()]
            judge_anew(connection, verdicts)
