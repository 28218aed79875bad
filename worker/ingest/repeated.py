"""Which rejected messages are one and the same, and so one dead letter.

A producer sends a message again where it does not know what became of it, perhaps to another stream. An
event's id then makes one row of the two. What is no event has its whole content for that: the very same
bytes, signature included, are one dead letter. Less would let a stranger's message hide a real one.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

import msgspec

from .messages import EVENT, IncomingMessage

NO_ID = b"\0"
ANYWHERE = (b"", b"")


class _Identified(msgspec.Struct, gc=False):
    """A message that says which event it is, whatever else is in it."""

    id: UUID


_identified = msgspec.json.Decoder(_Identified)


def digest_of(source: str, message: IncomingMessage) -> bytes:
    """What tells a dead letter from all others, in 16 bytes.

    Of rubbish that names no event, of what is in the outbox and of a line in a file, each one counts:
    there the place where it stood belongs to it.

    Args:
        source: as dead letters say it.
        message: the message.
    """
    place = [] if _event_id(message) else [source.encode(), message.stream_id.encode()]
    return _digest(message, *place)


def sort_key(message: IncomingMessage) -> tuple[bytes, bytes]:
    """A key for one order in which everybody inserts what may come again: nearly that of time.

    Two that insert the same in two orders would deadlock. Others stay in the order they have.
    """
    event_id = _event_id(message)
    return (event_id, _digest(message)) if event_id else ANYWHERE


def _event_id(message: IncomingMessage) -> bytes | None:
    """The id of a message that its producer may have sent again; None of any other."""
    if message.is_imported or not message.may_number:
        return None
    try:
        return _identified.decode(message.payload or b"").id.bytes
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None if message.problem is None else NO_ID


def _digest(message: IncomingMessage, *place: bytes) -> bytes:
    fields = message.fields or {EVENT: message.payload or b""}
    content = msgspec.msgpack.encode((sorted(fields.items()), place))
    return hashlib.sha256(content).digest()[:16]
