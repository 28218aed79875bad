"""Which numbers of which producers messages carry, as tallies of what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from trailkeeper.models.counting import Fate, Key, grouped
from trailkeeper.models.counting.tallies import HOUR, NO_SCOPE, Tallies, hour_of
from trailkeeper.models.writing import Inserted
from trailkeeper.producer.event import ProducerId, Voids
from trailkeeper.producer.event import Sequence as Number
from trailkeeper.producer.wire import EARLIEST

from .messages import Accepted, Rejected

NOT_BELIEVED = frozenset({"unsigned", "forged"})
"""Reasons of letters whose numbers are not counted: who does not hold a key must not close a gap."""

HOUR_SECONDS = 3600
Ids = Mapping[str, int]
"""Ids of producers by their names."""


class Numbers(msgspec.Struct, gc=False):
    """What a message says of numbers, whatever else is in it."""

    id: UUID | None = None
    producer: ProducerId | UnsetType | None = UNSET
    seq: Number | UnsetType | None = UNSET
    voids: Voids | UnsetType | None = UNSET


class Numbered(NamedTuple):
    """A dead letter's number; `hour` counted from 1970."""

    producer: str
    number: int
    voids: list[int]
    hour: int


_decoder = msgspec.json.Decoder(Numbers)


def names_of(accepted: Iterable[Accepted], rejected: Iterable[Rejected] = ()) -> set[str]:
    """The producers that numbered any of them."""
    names = {each.event.producer for each in accepted if each.event.seq}
    names |= {found.producer for each in rejected if (found := number_of(each))}
    return {name for name in names if name}


def producer_of(accepted: Accepted, ids: Ids) -> int | None:
    """The id of who numbered an event; None where nobody did."""
    event = accepted.event
    return ids.get(event.producer) if event.producer and event.seq else None


def of_events(accepted: Iterable[Accepted], ids: Ids) -> dict[Key, list[int]]:
    """Tallies of events that are all stored."""
    parts: dict[tuple[str, int, str], list[int]] = {}
    for each in accepted:  # for every event stored: no more than what is needed
        event = each.event
        if event.seq and event.producer:
            key = (event.producer, event.id.int // HOUR, each.event_type.scope)
            if key in parts:
                parts[key].append(event.seq)
            else:
                parts[key] = [event.seq]
    return {
        Key(ids[name], hour, scope, "stored"): found
        for (name, hour, scope), found in parts.items()
        if name in ids
    }


def of_inserted(inserted: Iterable[Inserted]) -> dict[Key, list[int]]:
    """Tallies of the rows that were not in the table before."""
    return grouped(
        (Key(row.producer_id, hour_of(row.id), row.scope, "stored"), row.sequence)
        for row in inserted
        if row.producer_id is not None and row.sequence is not None
    )


def of_voids(accepted: Iterable[Accepted], ids: Ids) -> dict[Key, list[int]]:
    """Tallies of the numbers that events report as void."""
    return grouped(
        (Key(ids[each.event.producer], hour_of(each.event.id), NO_SCOPE, "void"), void)
        for each in accepted
        if each.event.voids and each.event.producer and each.event.producer in ids
        for void in each.event.voids
    )


def of_letters(rejected: Sequence[Rejected], ids: Ids) -> dict[Key, list[int]]:
    """Tallies of messages that became dead letters, and of what they report as void."""
    found: list[tuple[Key, int]] = []
    for each in rejected:
        if (numbered := number_of(each)) and numbered.producer in ids:
            place = (ids[numbered.producer], numbered.hour, NO_SCOPE)
            fates: list[tuple[Fate, list[int]]] = [("dead", [numbered.number]), ("void", numbered.voids)]
            found += [(Key(*place, fate), number) for fate, numbers in fates for number in numbers]
    return grouped(found)


def number_of(rejected: Rejected) -> Numbered | None:
    """The number that a dead letter is counted by, as far as it can be read and believed."""
    if rejected.reason in NOT_BELIEVED or rejected.message.payload is None:
        return None
    return number_in(rejected.message.payload)


def number_in(payload: bytes) -> Numbered | None:
    """The number in bytes that are perhaps no event."""
    try:
        found = _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not found.producer or not found.seq or "\0" in found.producer:
        return None
    return Numbered(found.producer, found.seq, found.voids or [], _hour(found.id))


def merged(*tallies: Tallies) -> dict[Key, list[int]]:
    """Several as one; their keys differ by fate."""
    return {key: numbers for each in tallies for key, numbers in each.items()}


def _hour(identity: UUID | None) -> int:
    """Of an id; of one that is none, or of another time than ours, this hour."""
    now = int(datetime.now(UTC).timestamp()) // HOUR_SECONDS
    found = now if identity is None else hour_of(identity)
    return found if EARLIEST.timestamp() // HOUR_SECONDS <= found <= now + 1 else now
