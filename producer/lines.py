"""Event lines: a file with one JSON object a line, as `backfill import` and `demo --input` read it.

A line is what the stream carries, and may be shorter: ``"user": "root"`` stands
for ``{"id": "root"}``, and ``id`` and ``actor`` may be missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, BinaryIO, NamedTuple
from uuid import UUID

import msgspec

from .errors import InvalidMessage
from .event import MAX_BYTES, Event
from .ids import derived_uuid7
from .line_details import expanded, leniently_read, made_to_fit
from .plain_lines import plain_event, plain_without_id
from .wire import EARLIEST, decode, decode_mapping

MAX_LINE = 4 * MAX_BYTES
"""Bytes; leaves room for spaces, escapes and a user agent that will be cut."""

BOM = b"\xef\xbb\xbf"
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
NUL = b"\\u0000"
"""As JSON writes it."""


_canonical = msgspec.json.Encoder(order="deterministic", uuid_format="canonical")


class EventLine(NamedTuple):
    """A line that is not blank: an event, or the error that says why it is not one.

    Attributes:
        number: counted from 1, blank lines included.
        raw: as read, without the line end; only the beginning of a line longer than `MAX_LINE`.
        event: None if there is an *error*.
        unknown: keys of a newer producer; None without any.
        error: with a reason from `producer.wire.REASONS`.
        is_whole: *raw* is the event exactly as the stream carries it.
    """

    number: int
    raw: bytes
    event: Event | None = None
    unknown: dict[str, Any] | None = None
    error: InvalidMessage | None = None
    is_whole: bool = False


def read_lines(
    lines: BinaryIO | Iterable[bytes], *, now: datetime | None = None, key: bytes = b""
) -> Iterator[EventLine]:
    """Every line of a file that is not blank. Never raises, whatever the bytes.

    A missing id is derived from the time, the content and the count of identical lines before it, so
    reading the file again gives the same ids. Lines with the same content are identical, whatever the
    order of their keys and their spacing. Remembering them takes 75 MB of memory per million lines
    without id. To resume in the middle, read from the beginning again and skip.

    Args:
        lines: a file opened in binary mode, of which at most `MAX_LINE` is held at once; or lines.
        now: no event may have occurred much later; the time of reading if not given.
        key: of the ids that are derived: a secret, wherever they are shown to those who do not see all else.
    """
    seen = _Seen(key)
    for number, raw in enumerate(_bounded(lines), start=1):
        text = (raw.removeprefix(BOM) if number == 1 else raw).rstrip(b"\r\n")
        if text and not text.isspace():
            yield _read(number, text, seen, now)


def _bounded(lines: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    """Lines, each cut a little after `MAX_LINE`."""
    readline = getattr(lines, "readline", None)
    if readline is None:
        yield from lines
        return
    while line := readline(MAX_LINE + 2):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = readline(MAX_LINE)
        yield line


def _read(number: int, raw: bytes, seen: _Seen, now: datetime | None) -> EventLine:
    if len(raw) > MAX_LINE:
        error = InvalidMessage("too_large", f"a line of more than {MAX_LINE:,} bytes")
        return EventLine(number, raw[:MAX_LINE], error=error)
    if (plain := plain_event(raw, now)) is not None:
        return EventLine(number, raw, plain, is_whole=True)
    try:
        event = plain_without_id(raw, now)
        if event is not None:
            return EventLine(number, raw, msgspec.structs.replace(event, id=_derived(event, None, seen)))
        event, unknown = _event(raw, seen, now)
    except InvalidMessage as error:
        return EventLine(number, raw, error=error)
    return EventLine(number, raw, event, unknown)


def _event(raw: bytes, seen: _Seen, now: datetime | None) -> tuple[Event, dict[str, Any] | None]:
    full = expanded(_fields(raw), holds_nul=NUL in raw)
    if full.get("id") is not None:
        return decode(_fitting(full), now=now)
    moment = _moment(full)
    timed = full | {"id": derived_uuid7(moment, b""), "occurred_at": moment}
    event, unknown = decode(_fitting(timed), now=now)
    return msgspec.structs.replace(event, id=_derived(event, unknown, seen)), unknown


def _fields(raw: bytes) -> dict[str, Any]:
    try:
        return decode_mapping(raw)
    except InvalidMessage:
        if (fields := leniently_read(raw)) is None:
            raise
        return fields


def _fitting(full: dict[str, Any]) -> bytes:
    encoded = _encoded(full)
    fit = made_to_fit(full, encoded)
    return encoded if fit is full else _encoded(fit)


def _moment(full: dict[str, Any]) -> datetime:
    try:
        moment: datetime = msgspec.convert(full.get("occurred_at"), Moment)
        moment = moment.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError) as error:
        raise InvalidMessage("wrong_shape", f"{error} - at `$.occurred_at`") from error
    if moment < EARLIEST:  # checked before decode does: an id cannot hold every such time
        raise InvalidMessage("bad_time", f"{moment.isoformat()} is before 2000")
    return moment


def _encoded(value: object) -> bytes:
    try:
        return _canonical.encode(value)
    except (ValueError, OverflowError, RecursionError) as error:
        raise InvalidMessage("not_json", str(error)) from error


def _derived(event: Event, unknown: dict[str, Any] | None, seen: _Seen) -> UUID:
    content = _encoded((event, unknown))
    return derived_uuid7(event.occurred_at, b"%s %d" % (content, seen.count(content)), seen.key)


class _Seen:
    """Counts how often each content was seen, by 8 bytes of its digest.

    Two contents that share a digest share a count; their ids differ all the same.
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._once: set[int] = set()
        self._again: dict[int, int] = {}

    def count(self, content: bytes) -> int:
        """How often this content was seen before."""
        digest = int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
        if digest not in self._once:
            self._once.add(digest)
            return 0
        self._again[digest] = self._again.get(digest, 0) + 1
        return self._again[digest]
