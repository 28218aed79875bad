"""What a source delivers, and what the judge makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from trailkeeper.producer.catalogue import EventType
from trailkeeper.producer.event import Event

EVENT = b"e"
"""The field that holds the event."""

SIGNATURE = b"s"
"""The field that says who vouches for a message."""

OUTBOX = "outbox"
"""Where dead letters of the outbox say that they come from.

No producer numbers what it puts there, so a number in a row would only hide that another event is missing.
"""

HEAD_BYTES = 16 << 10
"""What is kept of a message that is too large to be an event, or never was one."""

NO_FIELDS: Mapping[bytes, bytes] = MappingProxyType({})
"""The fields of a message that is its payload alone, as nearly all are: no dictionary for each of them."""


class IncomingMessage(msgspec.Struct, frozen=True, gc=False):
    """One message as its source delivers it: entry of the stream, row of the outbox, line, dead letter.

    `payload` is field ``e``; `problem` is field ``invalid``, which a producer
    adds to what it quarantined; `fields` is the whole entry, or nothing where that is
    the payload alone; `deliveries` counts how often it was delivered, this time included; `excess`
    says how large a message is of which `payload` is the beginning only; `may_number` is false of a source
    whose sequence numbers are not believed; `is_imported` is true of what an admin took in from a file.
    """

    stream_id: str
    payload: bytes | None
    problem: bytes | None
    fields: Mapping[bytes, bytes]
    deliveries: int = 1
    excess: str | None = None
    may_number: bool = True
    is_imported: bool = False


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """A message that is an event of a known type."""

    message: IncomingMessage
    event: Event
    event_type: EventType
    extras: dict[str, Any] | None


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A message that can never be stored; `reason` is from `producer.wire.REASONS`."""

    message: IncomingMessage
    reason: str
    detail: str
