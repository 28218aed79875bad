"""What may be erased from the messages of one transaction, and what was."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from trailkeeper.models.tables import Hold
from trailkeeper.worker.retention.held_messages import holding
from trailkeeper.worker.retention.personal import PersonalKeys

from .message import tells, without
from .person import Person


class ErasureCounts(msgspec.Struct):
    """How many hold it and lost it or would, how many keep it, and because of which holds. Counts on."""

    erased: int = 0
    held: int = 0
    holds: set[int] = msgspec.field(default_factory=set)


class ErasureReport(NamedTuple):
    """The same, by where it was; events that name the user apart from those of others."""

    outbox: ErasureCounts
    lines: ErasureCounts
    events: ErasureCounts
    others: ErasureCounts
    dead_letters: ErasureCounts

    @property
    def held(self) -> int:
        """How much is held in all."""
        return sum(counts.held for counts in self)

    @property
    def holds(self) -> set[int]:
        """Because of which holds."""
        return {hold for counts in self for hold in counts.holds}


class ErasureBatch(NamedTuple):
    """Whose data, what is personal, which holds are in force, and whether only to count."""

    person: Person
    keys: PersonalKeys
    holds: list[Hold]
    dry: bool

    def left_of(self, raw: bytes, told: str | None, counts: ErasureCounts) -> bytes | None:
        """A message without the user's data; None where it stays as it is: without any, or held.

        *told* is what was wrong with it. That repeats parts of the message, and goes where there is an
        answer, which is the message as it came where only *told* has the user's data. *counts* is added to.
        """
        left = without(raw, self.person, self.keys)
        if left is None and told and tells(told, self.person):
            left = raw
        if left is None:
            return None
        if by := holding(raw, self.holds, self.person.user):
            counts.held += 1
            counts.holds |= by
            return None
        counts.erased += 1
        return left
