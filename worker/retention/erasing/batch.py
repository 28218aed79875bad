"""What may be erased from the messages of one transaction, and what was."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from trailkeeper.models.tables import Hold
from trailkeeper.producer.catalogue import Catalogue

from .message import subjects, without


class ErasureCounts(msgspec.Struct):
    """How many hold it and lost it or would, how many keep it, and because of which holds. Counts on."""

    erased: int = 0
    held: int = 0
    holds: set[int] = msgspec.field(default_factory=set)


class ErasureReport(NamedTuple):
    """The same, by where it was."""

    outbox: ErasureCounts
    lines: ErasureCounts
    events: ErasureCounts
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

    user_id: str
    catalogue: Catalogue
    holds: list[Hold]
    dry: bool

    def left_of(self, raw: bytes, counts: ErasureCounts) -> bytes | None:
        """A message without the user's data; None where it stays as it is: without any, or held.

        *counts* is added to.
        """
        left = without(raw, self.user_id, self.catalogue)
        if left is None:
            return None
        if by := self._holding(raw):
            counts.held += 1
            counts.holds |= by
            return None
        counts.erased += 1
        return left

    def _holding(self, raw: bytes) -> set[int]:
        """The holds that name what a message is about."""
        named = subjects(raw)
        users = {self.user_id, named["user"], named["actor"], named["on_behalf_of"]}
        about = {"user": users, "project": {named["project"]}, "organization": {named["organization"]}}
        return {hold.id for hold in self.holds if hold.subject_id in about[hold.about]}
