"""What `emit` returns: the event's id, and where the event went."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

Outcome = Literal[
    "stream", "logged", "quarantined", "dropped", "spooled", "outbox", "on_commit", "batched", "refused"
]

_set = object.__setattr__


class Receipt(UUID):
    """The id of an event, a UUIDv7, with where the event is now.

    Attributes:
        outcome: ``stream``: in Redis. ``spooled``: Redis did not take it; it is on this machine's disk and
            will be delivered. ``logged``: neither took it; all of it is in a line of the log.
            ``quarantined``: the call was wrong; it is kept for an operator as a dead letter. ``dropped``:
            Redis did not take it, and its event type is `best_effort`. ``outbox``: in the caller's
            transaction. ``on_commit``: nowhere yet; it is sent after the commit. ``batched``: nowhere yet; at
            the end of its `batch` it becomes one of the others, or ``refused``: nothing took a `required`
            event, and `EventNotRecorded` was raised there.
    """

    __slots__ = ("outcome",)
    outcome: Outcome

    def __init__(self, event_id: UUID, outcome: Outcome) -> None:
        # a UUID refuses ordinary assignment, and parsing one again would cost a microsecond
        _set(self, "int", event_id.int)
        _set(self, "is_safe", event_id.is_safe)
        _set(self, "outcome", outcome)

    def settle(self, outcome: Outcome) -> None:
        """Say where the event is, once that is known."""
        _set(self, "outcome", outcome)

    def __reduce__(self) -> tuple[type[Receipt], tuple[UUID, Outcome]]:
        return Receipt, (UUID(int=self.int), self.outcome)
