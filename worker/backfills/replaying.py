"""Dead letters tried again: what can be stored now is, and its letter goes in the same transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from models.backfills import Advance, ReplayFilters, StoredBackfill
from models.backfills.letters import Letter, Verdict, judge_anew, remove, take
from producer.catalogue import Catalogue
from producer.lines import read_lines
from worker.drain.judge import judge
from worker.drain.messages import Accepted, Message, Rejected

from .blocks import FIELD, staged
from .writing import Writer, text

LETTERS = 200
"""The most letters of a chunk: each may hold a quarter of a megabyte."""

FIELDS = re.compile(rb"(?:\A|\n)e=([^\n]*)\n")
"""The event in a letter that keeps several fields: what was quarantined has its fault beside it."""


class Replay:
    """The kind ``dead_letters``. A letter that still can not be stored stays, with its reason of now."""

    size = LETTERS

    def __init__(self, writer: Writer, catalogue: Catalogue) -> None:
        self._writer = writer
        self._catalogue = catalogue

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
        verdicts = [judge(message_of(letter), self._catalogue, now) for letter in letters]
        accepted = [verdict for verdict in verdicts if isinstance(verdict, Accepted)]
        return accepted, [verdict for verdict in verdicts if isinstance(verdict, Rejected)]

    def _settle(self, connection: Connection, found: Sequence[Letter], bad: Sequence[Rejected]) -> None:
        stay = {int(rejection.message.stream_id): rejection for rejection in bad}
        gone = [letter.id for letter in found if letter.id not in stay]
        if gone:
            remove(connection, gone)
        if stay:
            verdicts = [Verdict(key, bad.reason, text(bad.detail)) for key, bad in stay.items()]
            judge_anew(connection, verdicts)


def message_of(letter: Letter) -> Message:
    """The message as it would come again.

    What a call to emit() was found wrong by is left out: it is judged anew. A bad line of a file is read
    as a line again.
    """
    payload = letter.raw
    fields = None if payload.startswith(b"{") else FIELDS.search(payload)
    if fields:
        payload = fields[1]
    elif letter.stream.startswith("import:"):
        line = next(read_lines([payload]), None)
        payload = payload if line is None or line.event is None else staged(line).payload
    return Message(str(letter.id), payload, None, {FIELD: payload})
