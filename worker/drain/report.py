"""What a drain did, as numbers."""

from __future__ import annotations

import msgspec


class Report(msgspec.Struct):
    """Messages by fate; `duplicates` were stored before, by a drain that died before it could say so."""

    stored: int = 0
    duplicates: int = 0
    dead_lettered: int = 0
    batches: int = 0

    def add(self, other: Report) -> None:
        """Count what another did as well."""
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.dead_lettered += other.dead_lettered
        self.batches += other.batches

    def counts(self) -> dict[str, int]:
        """The messages by fate, without zeros."""
        numbers = {"stored": self.stored, "duplicates": self.duplicates, "dead_lettered": self.dead_lettered}
        return {name: number for name, number in numbers.items() if number}
