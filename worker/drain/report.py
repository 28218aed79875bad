"""What a drain did, as numbers."""

from __future__ import annotations

import msgspec


class Report(msgspec.Struct):
    """Messages by fate.

    `duplicates` were stored before, by a drain that died before it could say so;
    `quarantined` are those dead letters that the application itself asked to keep.
    """

    stored: int = 0
    duplicates: int = 0
    dead_lettered: int = 0
    quarantined: int = 0
    batches: int = 0

    def add(self, other: Report) -> None:
        """Count what another did as well."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def counts(self) -> dict[str, int]:
        """The messages by fate, without zeros."""
        found = msgspec.structs.asdict(self)
        return {name: number for name, number in found.items() if number and name != "batches"}
