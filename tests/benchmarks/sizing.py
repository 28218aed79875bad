"""What an event takes while it waits, in Redis' memory and on the disk of a spool: for docs/operations.md."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice

from trailkeeper.producer.spool import folder
from trailkeeper.producer.spool.file import SpoolFile
from trailkeeper.producer.spool.queue import Queue
from trailkeeper.producer.spool.schema import Limits
from trailkeeper.producer.stream_keys import GROUP

from .machine import STREAM, Machine
from .results import Results
from .streaming import fill

MOST = 50_000
PLACE = "nowhere:6379/0 sizing"


def sizing(machine: Machine) -> Results:
    """Bytes an event: as JSON, in the stream, there and in the hands of a drain, in the spool."""
    machine.say("what a waiting event takes")
    payloads = list(islice(machine.payloads, MOST))
    return {
        "payload_bytes": round(sum(map(len, payloads)) / len(payloads)),
        **_in_redis(machine, payloads),
        "spool_bytes_per_event": _in_spool(machine, payloads),
    }


def _in_redis(machine: Machine, payloads: Sequence[bytes]) -> Results:
    machine.client.flushall()
    machine.client.xgroup_create(STREAM, GROUP, mkstream=True)
    empty = _used(machine)
    fill(machine.client, payloads)
    waiting = _used(machine)
    while machine.client.xreadgroup(GROUP, "sizing/1", {STREAM: ">"}, count=1_000):
        pass
    in_hand = _used(machine)
    machine.client.flushall()
    return {
        "redis_bytes_per_event": round((waiting - empty) / len(payloads)),
        "redis_bytes_per_event_in_hand": round((in_hand - empty) / len(payloads)),
    }


def _used(machine: Machine) -> int:
    """Memory without buffers of clients and of the append-only file, which come and go."""
    return int(machine.client.info("memory")["used_memory_dataset"])


def _in_spool(machine: Machine, payloads: Sequence[bytes]) -> int:
    file = SpoolFile(machine.home / "sizing.sqlite", Limits(sync="normal"))
    queue = Queue(file, PLACE)
    for payload in payloads:
        queue.put({b"e": payload}, "account:login:success", time.monotonic() + 60)
    file.close()  # what SQLite's log holds is in the file then
    return round(folder.size(file.path) / len(payloads))
