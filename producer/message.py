"""What is handed over to the stream, and what must become of it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from .catalogue import Delivery


class Message(NamedTuple):
    """An event ready to go, or what was to be one.

    Attributes:
        id: of the event, also of one in quarantine.
        tag: under which it is counted; ``unknown`` if no catalogue knows it.
        payload: field ``e`` of the stream entry.
        invalid: field ``invalid``: why the payload is no event; None if it is one.
        delivery: what happens when Redis does not take it.
        signature: field ``s``: who vouches for the two others, and the proof; None without a key.
        numbers: the event's own number and those it reports as void; they are void if it is refused.
    """

    id: UUID
    tag: str
    payload: bytes
    invalid: bytes | None
    delivery: Delivery
    signature: bytes | None = None
    numbers: tuple[int, ...] = ()
