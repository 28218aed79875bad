"""Dead letters tried again: what can be stored now is, and its letter goes in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace
from sqlalchemy import Connection

from trailkeeper.models.backfills import Advance, ReplayFilters, StoredBackfill
from trailkeeper.models.backfills.letters import Letter, Verdict, judge_anew, remove, take
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.errors import InvalidMessage
from trailkeeper.worker.drain.judge import judge
from trailkeeper.worker.drain.messages import Accepted, Rejected
from trailkeeper.worker.drain.signatures import Signatures
from trailkeeper.worker.writing import Writer, text

from .letters import message_of
from .recounting import believed, gone

LETTERS = 200
"""The most letters of a chunk: each may hold a quarter of a megabyte."""


class Replay:
    """The kind ``dead_letters``. A letter that still can not be stored stays, with its reason of now."""

    size = LETTERS

    def __init__(
        self, writer: Writer, catalogue: Catalogue, stream: str, signatures: Signatures | None
    ) -> None:
        self._writer = writer
        self._catalogue = catalogue
        self._stream = stream
        self._signatures = signatures

    def chunk(self, connection: Connection, job: StoredBackfill, size: int) -> Advance:
        """Try the next letters."""
        filters = ReplayFilters.from_json(job.filters)
        found = take(connection, filters, (job.cursor or {}).get("id", 0), size)
        accepted, rejected = self.judged(found)
        stored, refused = self._writer.store(connection, accepted)
        bad = [*rejected, *refused]
        self._settle(connection, found, bad)
        cursor = {"id": found[-1].id} if len(found) == size else None
        return Advance(cursor, len(found), stored, len(found) - stored - len(bad), len(bad))

    def judged(self, letters: Sequence[Letter]) -> tuple[list[Accepted], list[Rejected]]:
        """Which are events now, and which are none; a message's stream id is the letter's id."""
        now = datetime.now(UTC)
        verdicts = [self._judged(letter, now) for letter in letters]
        accepted = [verdict for verdict in verdicts if isinstance(verdict, Accepted)]
        return accepted, [verdict for verdict in verdicts if isinstance(verdict, Rejected)]

    def _judged(self, letter: Letter, now: datetime) -> Accepted | Rejected:
        """What a call to emit() was found wrong by is left out: it is judged anew."""
        message = message_of(letter)
        try:
            # what admins imported, and what came with a transaction, nobody signed
            if self._signatures and letter.stream == self._stream:
                self._signatures.check(message)
        except InvalidMessage as error:
            return Rejected(message, error.reason, error.detail)
        return judge(replace(message, problem=None), self._catalogue, now)

    def _settle(self, connection: Connection, found: Sequence[Letter], bad: Sequence[Rejected]) -> None:
        stay = {int(rejection.message.stream_id): rejection for rejection in bad}
        settled = [letter for letter in found if letter.id not in stay]
        if settled:
            remove(connection, [letter.id for letter in settled])
            gone(connection, settled, None)
        if stay:
            believed(connection, {letter.id: letter for letter in found}, bad)
            verdicts = [Verdict(key, bad.reason, text(bad.detail)) for key, bad in stay.items()]
            judge_anew(connection, verdicts)
