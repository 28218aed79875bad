"""What became of events, counted in the transaction that decided it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from trailkeeper.models.engine import copy

from .ranges import Ranges, ranges_of, to_text

Fate: TypeAlias = Literal["stored", "dead", "unused", "purged", "discarded", "lost"]
"""What became of a number.

``stored``: its event is in the table. ``dead``: it is a dead letter. ``purged``, ``discarded``: it was one of
these and was removed. ``unused``: it never had an event, since the caller was told that it is not recorded.
``lost``: it was missing, and an admin gave it up.
"""

NO_SCOPE = ""
"""The scope of messages whose event type is not known."""

HOUR = 3_600_000 << 80
"""An id divided by this is the hour of its event, counted from 1970."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOURLY = timedelta(hours=1)

_COPY = "COPY event_counts (producer_id, hour, scope, fate, sequences) FROM STDIN"


class CountKey(NamedTuple):
    """What a count is of.

    Attributes:
        producer: the producer's id.
        hour: of the events, counted from 1970; see `HOUR`.
        scope: of the events; `NO_SCOPE` where no type is known.
        fate: what became of them.
    """

    producer: int
    hour: int
    scope: str
    fate: Fate


EventCounts: TypeAlias = Mapping[CountKey, list[int]]
"""The numbers of events by what became of them; a number twice is two events."""


def hour_of(event_id: UUID) -> int:
    """The hour of an event, counted from 1970."""
    return event_id.int // HOUR


def grouped(numbers: Iterable[tuple[CountKey, int]]) -> dict[CountKey, list[int]]:
    """Counts from single numbers."""
    counts: dict[CountKey, list[int]] = {}
    for key, number in numbers:
        counts.setdefault(key, []).append(number)
    return counts


def add(connection: Connection, counts: EventCounts) -> None:
    """Count, in the transaction that makes it true: one row a key.

    Raises:
        StoreError: the transaction is spoilt.
    """
    if counts:
        _insert(connection, {key: ranges_of(numbers) for key, numbers in counts.items()})


def add_ranges(connection: Connection, key: CountKey, numbers: Ranges) -> None:
    """Count events of one key, of which there may be very many.

    Raises:
        StoreError: the transaction is spoilt.
    """
    if numbers:
        _insert(connection, {key: numbers})


def _insert(connection: Connection, rows: Mapping[CountKey, Ranges]) -> None:
    """By COPY, which takes a third less than an INSERT of arrays: it is done once a batch."""
    # scopes and fates are words of ours, so nothing is to be escaped
    lines = [
        f"{producer}\t{EPOCH + hour * HOURLY}\t{scope}\t{fate}\t{to_text(ranges)}\n"
        for (producer, hour, scope, fate), ranges in rows.items()
    ]
    copy(connection, _COPY, io.BytesIO("".join(lines).encode()))
