"""What became of events, counted in the transaction that decided it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias, cast
from uuid import UUID

import psycopg2.extensions
from sqlalchemy import Connection

from trailkeeper.models.errors import translated

from .ranges import Ranges, ranges_of, size, to_text

Fate: TypeAlias = Literal["stored", "dead", "void", "purged", "discarded", "lost"]
"""``stored``: it is in the table. ``dead``: it is a dead letter. ``void``: it never was; its caller was told
that it is not recorded. ``purged``, ``discarded``: it was in the table or a dead letter, and was removed.
``lost``: it was missing, and an admin gave it up."""

NO_SCOPE = ""
"""Of what is no event of a known type."""

HOUR = 3_600_000 << 80
"""An id divided by this is the hour of its event, counted from 1970."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOURLY = timedelta(hours=1)

_COPY = "COPY tallies (producer_id, hour, scope, fate, sequences, count) FROM STDIN"


class Key(NamedTuple):
    """What a tally is of.

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


Tallies: TypeAlias = Mapping[Key, list[int]]
"""The numbers of events by what became of them; a number twice is two events."""


def hour_of(event_id: UUID) -> int:
    """The hour of an event, counted from 1970."""
    return event_id.int // HOUR


def grouped(found: Iterable[tuple[Key, int]]) -> dict[Key, list[int]]:
    """Tallies from single numbers."""
    tallies: dict[Key, list[int]] = {}
    for key, number in found:
        tallies.setdefault(key, []).append(number)
    return tallies


def add(connection: Connection, tallies: Tallies) -> None:
    """Count, in the transaction that makes it true: one row a key.

    Raises:
        StoreError: the transaction is spoilt.
    """
    if tallies:
        _insert(connection, {key: (ranges_of(numbers), len(numbers)) for key, numbers in tallies.items()})


def add_ranges(connection: Connection, key: Key, numbers: Ranges) -> None:
    """Count events of one key, of which there may be very many.

    Raises:
        StoreError: the transaction is spoilt.
    """
    if numbers:
        _insert(connection, {key: (numbers, size(numbers))})


def _insert(connection: Connection, rows: Mapping[Key, tuple[Ranges, int]]) -> None:
    """By COPY, which takes a third less than an INSERT of arrays: it is done once a batch."""
    # scopes and fates are words of ours, so nothing is to be escaped
    lines = [
        f"{producer}\t{EPOCH + hour * HOURLY}\t{scope}\t{fate}\t{to_text(ranges)}\t{count}\n"
        for (producer, hour, scope, fate), (ranges, count) in rows.items()
    ]
    with translated(), cast(psycopg2.extensions.cursor, connection.connection.cursor()) as cursor:
        cursor.copy_expert(_COPY, io.BytesIO("".join(lines).encode()))
