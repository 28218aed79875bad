"""Event lines that need nothing but to be decoded: nearly all, in a quarter of the time.

What is found here is what the long way of `producer.lines` finds. For a line that
needs more, such as short forms written out or an error told, nothing is found, and
it goes that way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from .errors import InvalidMessage
from .event import MAX_BYTES, VERSION, Event
from .ids import derived_uuid7
from .wire import EARLIEST, check_address, check_times

LONGEST = MAX_BYTES // 4
"""Bytes: far enough from the limit that it does not matter how numbers are written."""

BEGIN = b'{"'
ANY_ID = uuid4()
"""Stands for the id that a line does not have; one that no line can have been given."""

BEGIN_WITH_ID = b'{"id":"%b","' % str(ANY_ID).encode()

_decode = msgspec.json.Decoder(Event).decode


def plain_event(raw: bytes, now: datetime | None) -> Event | None:
    """The event of a line that is just what the stream carries."""
    event = _decoded(raw)
    return None if event is None else _sound(event, now)


def plain_without_id(raw: bytes, now: datetime | None) -> Event | None:
    """The event of a line that would be so if it had an id; its id is yet to be derived.

    Its time is in UTC, and its id is made of the time alone.
    """
    event = _decoded(BEGIN_WITH_ID + raw.removeprefix(BEGIN)) if raw.startswith(BEGIN) else None
    if event is None or event.id != ANY_ID:  # of two ids the last counts
        return None
    try:
        moment = event.occurred_at.astimezone(UTC)
    except OverflowError:
        return None
    if moment < EARLIEST:
        return None
    return _sound(msgspec.structs.replace(event, id=derived_uuid7(moment, b""), occurred_at=moment), now)


def _decoded(raw: bytes) -> Event | None:
    if len(raw) > LONGEST or b"\\" in raw:  # an escape may stand for what cannot be stored
        return None
    try:
        event = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    is_shown_as_it_is = event.user_agent is None or event.user_agent.isprintable()
    return event if event.v == VERSION and is_shown_as_it_is else None


def _sound(event: Event, now: datetime | None) -> Event | None:
    try:
        check_times(event, now or datetime.now(UTC))
        check_address(event.ip)
    except InvalidMessage:
        return None
    return event
