"""What the machine itself allows: the disk, a commit, a round trip."""

from __future__ import annotations

import os

from sqlalchemy import text

from .machine import Machine
from .results import Results
from .timing import each_timed, p50_us

BLOCK = b"\0" * 8192
WRITE_SOMETHING = text("SELECT pg_logical_emit_message(true, 'benchmark', '')")
"""A record in the log and nothing else: a transaction that wrote nothing is committed without the disk."""


def limits(machine: Machine) -> Results:
    """Medians of an fsync after 8 KiB, of a commit that had one record to write, and of PING."""
    times = machine.scale.commits
    return {
        "fsync_us": _fsync(machine, times),
        "commit_us": _commit(machine, times),
        "round_trip_us": p50_us(each_timed(machine.client.ping, times * 10)),
    }


def _fsync(machine: Machine, times: int) -> float:
    # beside Postgres' own files, so that it is the same disk
    with (machine.home / "fsync").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(BLOCK)
            os.fdatasync(file.fileno())

        return p50_us(each_timed(write, times))


def _commit(machine: Machine, times: int) -> float:
    with machine.connection("ours") as connection:
        return p50_us(each_timed(lambda: connection.execute(WRITE_SOMETHING), times))
