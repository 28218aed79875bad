"""The sequence numbers that producers gave to their messages, counted by fate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from trailkeeper.models.counting import CountKey, Fate, Ranges, grouped, ranges_of
from trailkeeper.models.counting.event_counts import HOUR, NO_SCOPE, hour_of
from trailkeeper.models.writing import Inserted
from trailkeeper.producer.event import ProducerId, Voids
from trailkeeper.producer.event import Sequence as SequenceNumber
from trailkeeper.producer.wire import EARLIEST

from .messages import Accepted, IncomingMessage, Rejected

UNTRUSTED = frozenset({"unsigned", "forged"})
"""Reasons of dead letters whose numbers are not counted: who does not hold a key must not close a gap."""

HOUR_SECONDS = 3600
ProducerIds = Mapping[str, int]
"""Ids of producers by their names."""


class _Numbers(msgspec.Struct, gc=False):
    """What a message says of sequence numbers, whatever else is in it."""

    id: UUID | None = None
    producer: ProducerId | UnsetType | None = UNSET
    seq: SequenceNumber | UnsetType | None = UNSET
    voids: Voids | UnsetType | None = UNSET


class Numbered(NamedTuple):
    """A message's sequence number, and those it reports as unused; `hour` counted from 1970."""

    producer: str
    number: int
    unused: list[int]
    hour: int


_decoder = msgspec.json.Decoder(_Numbers)


def ranges_by_producer(messages: Iterable[Numbered], ids: ProducerIds) -> dict[int, Ranges]:
    """The numbers of messages by the producer's id; those of a producer without one are left out."""
    numbers: dict[int, list[int]] = {}
    for numbered in messages:
        if numbered.producer in ids:
            numbers.setdefault(ids[numbered.producer], []).append(numbered.number)
    return {producer: ranges_of(of_producer) for producer, of_producer in numbers.items()}


def names_of(accepted: Iterable[Accepted], rejected: Iterable[Rejected] = ()) -> set[str]:
    """The producers that numbered any of them."""
    names = {judged.event.producer for judged in accepted if judged.event.seq}
    names |= {numbered.producer for rejection in rejected if (numbered := number_of(rejection))}
    return {name for name in names if name}


def producer_of(accepted: Accepted, ids: ProducerIds) -> int | None:
    """The id of the producer that numbered an event; None for an event without number."""
    event = accepted.event
    return ids.get(event.producer) if event.producer and event.seq else None


def of_events(accepted: Iterable[Accepted], ids: ProducerIds) -> dict[CountKey, list[int]]:
    """The numbers of events, as if all of them were stored."""
    parts: dict[tuple[str, int, str], list[int]] = {}
    for judged in accepted:  # for every event stored: no more than what is needed
        event = judged.event
        if event.seq and event.producer:
            key = (event.producer, event.id.int // HOUR, judged.event_type.scope)
            if key in parts:
                parts[key].append(event.seq)
            else:
                parts[key] = [event.seq]
    return {
        CountKey(ids[name], hour, scope, "stored"): numbers
        for (name, hour, scope), numbers in parts.items()
        if name in ids
    }


def of_inserted(inserted: Iterable[Inserted]) -> dict[CountKey, list[int]]:
    """The numbers of rows that were not in the table before."""
    return grouped(
        (CountKey(row.producer_id, hour_of(row.id), row.scope, "stored"), row.sequence)
        for row in inserted
        if row.producer_id is not None and row.sequence is not None
    )


def of_unused(accepted: Iterable[Accepted], ids: ProducerIds) -> dict[CountKey, list[int]]:
    """The numbers that events report as unused; only those of numbered events count."""
    events = (judged.event for judged in accepted)
    return grouped(
        (CountKey(ids[event.producer], hour_of(event.id), NO_SCOPE, "unused"), number)
        for event in events
        if event.voids and event.seq and event.producer and event.producer in ids
        for number in event.voids
    )


def unused_in(messages: Iterable[IncomingMessage], ids: ProducerIds) -> dict[CountKey, list[int]]:
    """The same, read from the messages of which some are stored."""
    payloads = (message.payload or b"" for message in messages if message.may_number)
    reports = (number_in(payload) for payload in payloads if b"voids" in payload)
    return grouped(
        (CountKey(ids[report.producer], report.hour, NO_SCOPE, "unused"), number)
        for report in reports
        if report and report.producer in ids
        for number in report.unused
    )


def of_dead_letters(rejected: Sequence[Rejected], ids: ProducerIds) -> dict[CountKey, list[int]]:
    """The numbers of messages that became dead letters, and of what they report as unused."""
    counted: list[tuple[CountKey, int]] = []
    for rejection in rejected:
        if (numbered := number_of(rejection)) and numbered.producer in ids:
            place = (ids[numbered.producer], numbered.hour, NO_SCOPE)
            fates: list[tuple[Fate, list[int]]] = [("dead", [numbered.number]), ("unused", numbered.unused)]
            counted += [(CountKey(*place, fate), number) for fate, numbers in fates for number in numbers]
    return grouped(counted)


def number_of(rejected: Rejected) -> Numbered | None:
    """The number that a dead letter is counted by, as far as it can be read and trusted."""
    message = rejected.message
    if rejected.reason in UNTRUSTED or message.payload is None or not message.may_number:
        return None
    return number_in(message.payload)


def number_in(payload: bytes) -> Numbered | None:
    """The number in bytes that are perhaps no event."""
    try:
        numbers = _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not numbers.producer or not numbers.seq or "\0" in numbers.producer:
        return None
    return Numbered(numbers.producer, numbers.seq, numbers.voids or [], _hour(numbers.id))


def _hour(identity: UUID | None) -> int:
    """Of an id; without one, or of one beyond what events may have, this hour."""
    now = int(datetime.now(UTC).timestamp()) // HOUR_SECONDS
    hour = now if identity is None else hour_of(identity)
    return hour if EARLIEST.timestamp() // HOUR_SECONDS <= hour <= now + 1 else now
