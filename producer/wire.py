"""Events to bytes and back: JSON, one object an event, the same in the stream and in a file of lines.

`decode` accepts what `encode` makes, and what a producer in another language or
of a later minor version may send. Everything else is an `InvalidMessage` with a
reason from `REASONS`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Any

import msgspec

from .errors import InvalidMessage
from .event import MAX_BYTES, VERSION, Actor, Credential, Event, Requester, Subject

REASONS = {
    "no_event": "the stream entry has no field `e`",
    "too_large": "more than 64 KiB",
    "not_json": "the bytes are not JSON, or not UTF-8",
    "unknown_version": "a major version that this worker does not know",
    "wrong_shape": "a field is missing or has the wrong type",
    "bad_text": "a NUL character, which Postgres text cannot hold",
    "bad_id": "the id is not a UUIDv7, or its time is not occurred_at",
    "bad_time": "the time is before 2000 or in the future",
    "bad_address": "`ip` is not an IP address",
    "unknown_tag": "no catalogue of this worker knows the tag",
    "unsigned": "it has no signature, and this worker requires one",
    "forged": "none of this worker's keys made its signature, or only the trail itself records such an event",
    "refused_row": "Postgres refused the row",
    "expired": "it is older than its event type is kept",
    "old_partition": "it needs a partition of a time long ago that cannot be made; its detail says why",
    "killed_worker": "workers died of this message three times, at most the first time with others",
    "worker_error": "an error in the worker itself, with this message alone",
    "quarantined": "the application's call to emit() was wrong, and its settings say to keep such events",
}
"""Why a message is a dead letter. A closed set: metrics, `dead-letters list` and replay group by it."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(hours=1)
DRIFT_MS = 2  # an id knows the millisecond only, and another language may round it
IPV4_PREFIXES = frozenset({bytes(10) + b"\xff\xff", bytes.fromhex("0064ff9b") + bytes(8)})
"""Of IPv6 addresses that hold an IPv4 one: ``::ffff:0:0/96``, and NAT64's ``64:ff9b::/96`` (RFC 6052)."""

UUID_VERSION = 7
VERSION_BITS = 15
NESTED: dict[str, type[msgspec.Struct]] = {
    "user": Subject,
    "project": Subject,
    "organization": Subject,
    "actor": Actor,
    "credential": Credential,
    "on_behalf_of": Subject,
    "requested_by": Requester,
}
"""The fields that hold one of our structs."""


def _plain(value: object) -> object:
    """Subclasses of text and numbers, which frameworks like to use, as their base type."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, datetime):  # the clock of freezegun, for instance
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value).__name__} is not a JSON type")


_encoder = msgspec.json.Encoder(uuid_format="canonical", enc_hook=_plain)
_event_decoder = msgspec.json.Decoder(Event)
_mapping_decoder = msgspec.json.Decoder(dict[str, Any])


def encode(event: Event | dict[str, Any]) -> bytes:
    """An event, or a part of one, as the stream carries it.

    Raises:
        TypeError: `additional` holds a value that is not JSON.
        ValueError: a string holds half of a surrogate pair.
    """
    return _encoder.encode(event)


def decode(raw: bytes, *, now: datetime | None = None) -> tuple[Event, dict[str, Any] | None]:
    """An event, and its unknown keys, from a newer producer (None without any).

    Args:
        raw: the bytes of field ``e``.
        now: the worker's clock (UTC); the time of the call if not given.

    Raises:
        InvalidMessage: with a reason from `REASONS`.
    """
    event, unknown = read(raw)
    check_times(event, now or datetime.now(UTC))
    check_address(event.ip)
    if (ip := unmapped(event.ip)) is not event.ip:
        event = msgspec.structs.replace(event, ip=ip)
    return event, unknown


def read(raw: bytes) -> tuple[Event, dict[str, Any] | None]:
    """`decode` without checking times, id and address.

    Raises:
        InvalidMessage: it is too large, or has the wrong shape.
    """
    if len(raw) > MAX_BYTES:
        raise InvalidMessage("too_large", f"{len(raw):,} bytes; at most {MAX_BYTES:,}")
    try:
        event, unknown = _event_decoder.decode(raw), None
    except msgspec.ValidationError:
        event, unknown = _event_of_mapping(decode_mapping(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("not_json", str(error)) from error
    if event.v != VERSION:
        raise InvalidMessage("unknown_version", f"v is {event.v}; this worker knows {VERSION}")
    if b"\\" in raw and b"\\u0000" in raw:  # the first test costs half of the second
        _refuse_nul(raw)
    return event, unknown


def decode_mapping(raw: bytes) -> dict[str, Any]:
    """A JSON object with any keys and values.

    Raises:
        InvalidMessage: ``not_json`` or ``wrong_shape``.
    """
    try:
        return _mapping_decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidMessage("wrong_shape", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("not_json", str(error)) from error


def _event_of_mapping(fields: dict[str, Any]) -> tuple[Event, dict[str, Any] | None]:
    """An event with unknown keys, which the decoder refused."""
    version = fields.get("v", VERSION)
    if type(version) is not int or version != VERSION:
        raise InvalidMessage("unknown_version", f"v is {version!r}; this worker knows {VERSION}"[:500])
    try:
        known, unknown = _split(fields, Event)
        return msgspec.convert(known, Event), unknown or None
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidMessage("wrong_shape", str(error)) from error


def _split(fields: dict[str, Any], kind: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Known and unknown keys, also within actor and subjects."""
    known = {key: value for key, value in fields.items() if key in kind.__struct_fields__}
    unknown = {key: value for key, value in fields.items() if key not in kind.__struct_fields__}
    for key in known.keys() & NESTED.keys():
        if isinstance(known[key], dict):
            known[key], rest = _split(known[key], NESTED[key])
            unknown |= {key: rest} if rest else {}
    return known, unknown


def _refuse_nul(raw: bytes) -> None:
    if _holds_nul(decode_mapping(raw)):
        raise InvalidMessage("bad_text", "a string holds the character U+0000")


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_holds_nul(item) for item in value)


def check_times(event: Event, now: datetime) -> None:
    """Refuse an id that is not a UUIDv7 of `occurred_at`, and a time that no partition should be made for.

    Raises:
        InvalidMessage: ``bad_id`` or ``bad_time``.
    """
    # plain integer arithmetic, without another datetime: this runs for every event
    milliseconds, occurred_at = event.id.int >> 76, event.occurred_at
    if milliseconds & VERSION_BITS != UUID_VERSION:
        raise InvalidMessage("bad_id", f"{event.id} is not a UUIDv7")
    if occurred_at < EARLIEST or (occurred_at > now and occurred_at > now + CLOCK_SKEW):
        raise InvalidMessage(
            "bad_time", f"{occurred_at.isoformat()} is not between 2000 and an hour from now"
        )
    if not -DRIFT_MS <= (milliseconds >> 4) - occurred_at.timestamp() * 1000 <= DRIFT_MS:
        raise InvalidMessage("bad_id", f"{event.id} is of another time than {occurred_at.isoformat()}")


def check_address(ip: str | None) -> None:
    """Refuse what Postgres could not store as an address, and a zone, which means nothing on another host.

    Raises:
        InvalidMessage: ``bad_address``.
    """
    if ip is None:
        return
    try:
        # the C library's parser: fifteen times as fast as ipaddress, and as strict
        inet_pton(AF_INET6 if ":" in ip else AF_INET, ip)
    except (OSError, ValueError) as error:
        raise InvalidMessage("bad_address", f"{ip!r} is not an IP address") from error


def unmapped(ip: str | None) -> str | None:
    """An IPv4 address written as IPv6 as the IPv4 address that it is; all else as it came."""
    if ip is None or ":" not in ip or ip[0] not in ":06":  # with which every way to write them begins
        return ip
    try:
        packed = inet_pton(AF_INET6, ip)
    except (OSError, ValueError):
        return ip
    return inet_ntop(AF_INET, packed[12:]) if packed[:12] in IPV4_PREFIXES else ip
