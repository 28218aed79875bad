"""The three fates of a message, and who decides them.

done    its row is committed, or was there already: removed from the source.
retry   Postgres or Redis is away (`StoreUnavailable`, `StoreMisconfigured`, `StreamUnavailable`), or this
        machine is short of memory or file handles (`MachineExhausted`): the whole batch stays where it
        is, without limit, and is tried again when the pause is over. Nothing is counted against the
        message.
reject  it can never be stored: a dead letter with its reason, in the same transaction as the batch's rows.
        However many are rejected, the others are stored: else whoever may add rubbish could stop everybody.

A process that dies leaves its batch where it was: the next one takes it over, and
a message that was left several times is handled with a mark (`crash_markers`).
"""

from __future__ import annotations

import errno

import msgspec

from trailkeeper.models.errors import StoreMisconfigured, StoreUnavailable
from trailkeeper.producer.errors import StreamUnavailable

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.ENOSPC})


class MachineExhausted(Exception):  # noqa: N818 - reads as the sentence it is in an `except`
    """This machine has no memory, no file handles or no room left, which is no fault of any message."""


RETRY = (StoreUnavailable, StoreMisconfigured, StreamUnavailable, MachineExhausted)


def assert_not_of_machine(error: Exception) -> None:
    """Raise `MachineExhausted` for an error that says so."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in EXHAUSTED):
        raise MachineExhausted(f"this worker's machine is short of something: {error!r}") from error


class Report(msgspec.Struct):
    """How many messages met which fate.

    `duplicates` were stored before, by a process that died before it could say so;
    `quarantined` are those dead letters that the application itself asked to keep.
    """

    stored: int = 0
    duplicates: int = 0
    dead_lettered: int = 0
    quarantined: int = 0
    batches: int = 0

    def add(self, other: Report) -> None:
        """Add another report's numbers."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def counts(self) -> dict[str, int]:
        """The messages by fate, without zeros."""
        numbers = msgspec.structs.asdict(self)
        return {name: number for name, number in numbers.items() if number and name != "batches"}
