"""Counts what arrived: looks up every id that was sent in the table."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, text

from trailkeeper.models.backfills.dead_letters import last_id
from trailkeeper.models.engine import transaction

from .sent import Sent

CHUNK = 5_000
HUNDREDTHS = 100

_STORED = text("""
    SELECT events.id, count(*) AS rows, min(events.recorded_at) AS recorded_at,
           bool_or(locations.display IS NOT NULL) AS located,
           bool_or(clients.kind <> 'unknown') AS recognised
      FROM events
      LEFT JOIN locations ON locations.id = location_id
      LEFT JOIN clients ON clients.id = client_id
     WHERE events.id = ANY(:ids)
     GROUP BY events.id
""")
_DEAD_LETTERS = text("SELECT count(*) FROM dead_letters WHERE id > :after")


class Latency(msgspec.Struct, frozen=True):
    """From emit to row, in milliseconds; None if everything was stored before."""

    p50: float | None
    p99: float | None


class Totals(msgspec.Struct, frozen=True):
    """The demo's result, as `--json` prints it.

    `stored` counts emitted ids that are in the table, `already_stored` those of them that were there
    before they were emitted, as of a file that an earlier run read; `duplicates` rows beyond one for each.
    """

    emitted: int
    stored: int
    already_stored: int
    dead_lettered: int
    duplicates: int
    with_location: int
    with_client: int
    seconds: float
    latency_ms: Latency

    @property
    def complete(self) -> bool:
        """Nothing lost, nothing doubled."""
        return self.stored == self.emitted and not self.duplicates


def last_dead_letter(engine: Engine) -> int:
    """The newest dead letter there is; later ones belong to this run."""
    with transaction(engine) as connection:
        return last_id(connection)


def dead_lettered(engine: Engine, after: int) -> int:
    """How many dead letters came after that one."""
    with transaction(engine) as connection:
        return int(connection.execute(_DEAD_LETTERS, {"after": after}).scalar_one())


def missing(engine: Engine, sent: Iterable[UUID]) -> set[UUID]:
    """Those ids that are not in the table yet."""
    wanted = set(sent)
    with transaction(engine) as connection:
        return wanted - {row.id for row in _select(connection, list(wanted))}


def totals(engine: Engine, sent: Sent, *, dead_letters_before: int, seconds: float) -> Totals:
    """Count what was sent and what of it is stored."""
    moments = sent.moments()
    with transaction(engine) as connection:
        rows = list(_select(connection, list(moments)))
    return Totals(
        emitted=len(moments),
        stored=len(rows),
        already_stored=sum(row.recorded_at < moments[row.id] for row in rows),
        dead_lettered=dead_lettered(engine, dead_letters_before),
        duplicates=sum(row.rows - 1 for row in rows),
        with_location=sum(bool(row.located) for row in rows),
        with_client=sum(bool(row.recognised) for row in rows),
        seconds=round(seconds, 1),
        latency_ms=_latency([(moments[row.id], row.recorded_at) for row in rows]),
    )


def _select(connection: Connection, ids: Sequence[UUID]) -> Iterator[Any]:
    for start in range(0, len(ids), CHUNK):
        yield from connection.execute(_STORED, {"ids": list(ids[start : start + CHUNK])})


def _latency(times: Iterable[tuple[datetime, datetime]]) -> Latency:
    # an event that an earlier run stored has no latency in this one
    waits = [(stored - sent).total_seconds() * 1000 for sent, stored in times if stored >= sent]
    if not waits:
        return Latency(None, None)
    # of one, there are no quantiles
    cuts = statistics.quantiles(waits if len(waits) > 1 else waits * 2, n=HUNDREDTHS, method="inclusive")
    return Latency(round(cuts[49], 1), round(cuts[98], 1))
