"""What an event takes on disk: rows, and indexes; with numbers for ids, and with UUIDs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from trailkeeper.producer.wire import encode
from trailkeeper.worker.drain import Drainer

from .data import events
from .machine import Machine
from .results import Results
from .streaming import fill

LEAVES = """
    SELECT sum(pg_table_size(relid))::bigint, sum(pg_total_relation_size(relid))::bigint
      FROM pg_partition_tree('events') WHERE isleaf
"""
AS_LONG_AS_IT_TAKES = 600.0


class Size(NamedTuple):
    """Bytes of all partitions: of their rows, and with their indexes."""

    table: int
    whole: int


def size(machine: Machine) -> Size:
    """What our events take now."""
    return Size(*machine.query("ours", LEAVES)[0])


def sizes(machine: Machine) -> Results:
    """Bytes an event, beyond what empty partitions take; without locations and clients."""
    machine.say("size")
    numbers = _of_one(machine, machine.payloads)
    uuids = _of_one(machine, [encode(event) for event in events(machine.scale.events, uuids=True)])
    return {
        "bytes_per_event": round(numbers.whole),
        "table_bytes_per_event": round(numbers.table),
        "uuid_bytes_per_event": round(uuids.whole),
    }


def _of_one(machine: Machine, payloads: Iterable[bytes]) -> Size:
    machine.client.flushall()
    machine.empty("ours")
    empty = size(machine)
    fill(machine.client, payloads)
    drainer = Drainer(machine.settings(), "benchmark/0")
    stored = drainer.run(AS_LONG_AS_IT_TAKES).stored
    drainer.close()
    found = size(machine)
    return Size((found.table - empty.table) // stored, (found.whole - empty.whole) // stored)
