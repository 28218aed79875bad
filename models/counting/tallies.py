"""What became of events, counted in the transaction that decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from models.errors import translated

from .ranges import Ranges, ranges_of, size, to_text

Fate: TypeAlias = Literal["stored", "dead", "void", "purged", "discarded", "lost"]
"""``stored``: it is in the table. ``dead``: it is a dead letter. ``void``: it never was; its caller was told
that it is not recorded. ``purged``, ``discarded``: it was in the table or a dead letter, and was removed.
``lost``: it was missing, and an admin gave it up."""

NO_SCOPE = ""
"""Of what is no event of a known type."""

HOUR = 3_600_000 << 80
"""An id divided by this is the hour of its event, counted from 1970."""

_INSERT = """
    INSERT INTO tallies (producer_id, hour, scope, fate, sequences, count)
    SELECT producer, to_timestamp(hour * 3600), scope, fate, CAST(sequences AS int4multirange), count
      FROM unnest(CAST(%s AS int[]), CAST(%s AS bigint[]), CAST(%s AS text[]), CAST(%s AS text[]),
                  CAST(%s AS text[]), CAST(%s AS int[]))
           AS new (producer, hour, scope, fate, sequences, count)
"""


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
    """In one statement, whatever their number: it is one more round trip for each batch."""
    found = [(*key, to_text(ranges), count) for key, (ranges, count) in rows.items()]
    with translated():
        connection.exec_driver_sql(_INSERT, tuple(list(column) for column in zip(*found, strict=True)))
