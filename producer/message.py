"""What is handed to the stream, and what must become of it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from .catalogue import Delivery


class Message(NamedTuple):
    """An event ready to be sent, or a wrong call in quarantine.

    Attributes:
        id: of the event, also of one in quarantine.
        tag: as it is counted; ``unknown`` if no catalogue has it.
        payload: field ``e`` of the stream entry.
        invalid: field ``invalid``: why the payload is not an event; None if it is one.
        delivery: what happens when Redis does not take it.
        signature: field ``s``: the key's name and an HMAC over the two others; None without a key.
        numbers: the event's own number and the unused ones it reports; unused again if it is refused.
    """

    id: UUID
    tag: str
    payload: bytes
    invalid: bytes | None
    delivery: Delivery
    signature: bytes | None = None
    numbers: tuple[int, ...] = ()

    @property
    def fields(self) -> dict[bytes, bytes]:
        """The fields of its stream entry."""
        return fields_of(self.payload, self.invalid, self.signature)


def fields_of(payload: bytes, invalid: bytes | None, signature: bytes | None) -> dict[bytes, bytes]:
    """The fields of a stream entry: ``e``, and ``invalid`` and ``s`` unless they are None."""
    fields = {b"e": payload}
    if invalid is not None:
        fields[b"invalid"] = invalid
    if signature is not None:
        fields[b"s"] = signature
    return fields
