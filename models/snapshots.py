"""Which transactions are over, so that what they stored can be read.

A primary knows. On a replica, Postgres leaves those that still run out of its snapshots (``10:20:``, whatever
runs between), but tells of each one whether it does. So there each is asked about: all from the oldest that
may run, and after that those only that ran the last time, or are new since.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, text

HIGHEST = (1 << 63) - 1
SNAPSHOT = re.compile(r"\d{1,19}:\d{1,19}:(\d{1,19}(,\d{1,19})*)?", re.ASCII)
LONGEST = 1_500
"""Characters of a snapshot; one with more transactions in it is simplified."""

KNOWN = "trailkeeper_snapshot"
"""What a connection remembers: the replica it led to, and the last snapshot of it."""


class Snapshot(NamedTuple):
    """Which transactions were over: those below *xmax*, but for those that were running.

    Written as Postgres does, ``10:20:10,14,15``.
    """

    xmin: int
    xmax: int
    running: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, self.running))}"

    @classmethod
    def parse(cls, written: str) -> Snapshot:
        """Read what `__str__` wrote.

        Raises:
            ValueError: it is not a snapshot.
        """
        if SNAPSHOT.fullmatch(written):
            xmin, xmax, running = written.split(":")
            snapshot = cls(int(xmin), int(xmax), tuple(map(int, filter(None, running.split(",")))))
            order = [1, snapshot.xmin, *snapshot.running, snapshot.xmax, HIGHEST]
            if order == sorted(order):
                return snapshot
        raise ValueError(f"{written[:40]!r} is not a snapshot; expected one such as 10:20:10,14")

    def is_within(self, other: Snapshot) -> bool:
        """Whether whatever was over in this one is over in another, as far as that can be told."""
        return self.xmax <= other.xmax and {n for n in other.running if n < self.xmax} <= {*self.running}

    def shortened(self) -> Snapshot:
        """At most some length: one before this, after which some may be seen twice, and none is missed."""
        return self if len(str(self)) <= LONGEST else Snapshot(self.xmin, self.xmin, ())


class Replica(NamedTuple):
    """A server in recovery, and how far it has come: when it was started, and bytes of the log."""

    started_at: datetime
    replayed: Decimal

    def is_after(self, other: Replica) -> bool:
        """Whether it is the same as another and has not gone back; a pooler may lead to several servers."""
        return self.started_at == other.started_at and self.replayed >= other.replayed


def snapshot(connection: Connection) -> Snapshot:
    """What is committed now: whatever is over in it can be read by the statements that follow.

    Raises:
        StoreError: the database does not answer.
    """
    now = connection.execute(_NOW).one()
    found = Snapshot.parse(now.snapshot)
    if not now.in_recovery:
        return found
    replica = Replica(now.started_at, now.replayed)
    earlier, known = connection.info.get(KNOWN, (replica, None))
    if known is None or not replica.is_after(earlier):
        known = Snapshot(found.xmin, found.xmin, ())
    found = _with_running(connection, found, known)
    connection.info[KNOWN] = replica, found
    return found


def _with_running(connection: Connection, found: Snapshot, known: Snapshot) -> Snapshot:
    """What a replica found, with those that run.

    Args:
        connection: to the replica.
        found: what it says.
        known: of the same replica, earlier: what was over is so still.
    """
    asked = {
        "running": [number for number in known.running if number >= found.xmin],
        "begin": max(known.xmax, found.xmin),
        "end": found.xmax,
    }
    return Snapshot(found.xmin, found.xmax, tuple(connection.scalars(_RUNNING, asked)))


_NOW = text("""
    SELECT CAST(pg_current_snapshot() AS text) AS snapshot, pg_is_in_recovery() AS in_recovery,
           pg_postmaster_start_time() AS started_at,
           CASE WHEN pg_is_in_recovery()
                THEN coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0) END AS replayed
""")
_RUNNING = text("""
    SELECT number
      FROM (SELECT unnest(CAST(:running AS bigint[])) AS number
             UNION ALL SELECT generate_series(CAST(:begin AS bigint), CAST(:end AS bigint) - 1)) AS asked
     WHERE pg_xact_status(CAST(CAST(number AS text) AS xid8)) = 'in progress'
     ORDER BY number
""")
