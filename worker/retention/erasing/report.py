"""What became of a user's personal data, and where it was."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


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
    letters: ErasureCounts

    @property
    def held(self) -> int:
        """How much is held in all."""
        return sum(counts.held for counts in self)

    @property
    def holds(self) -> set[int]:
        """Because of which holds."""
        return {hold for counts in self for hold in counts.holds}
