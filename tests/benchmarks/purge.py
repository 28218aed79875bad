"""A month of events removed by dropping it, beside DELETE of its rows; and ingestion while rows are deleted.

Both ways are measured on copies of the same month, of which nothing is in memory:
what is past its retention has not been read for long.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median

import msgspec

from trailkeeper import Emitter, ProducerSettings
from trailkeeper.models.partitions import id_floor
from trailkeeper.producer.settings import variable
from trailkeeper.worker.retention import purge as purge_events

from .history_rows import drained_facts
from .latency import WARM_UP, each
from .machine import STREAM, Machine
from .month import DAYS_SINCE, PERIOD, cooled, discards, executed, fill_month, measured, unlinking_seconds
from .results import Results
from .timing import percentile
from .workers import OURS, worker

MONTH, COPY = "month", "month_copy"
MOST_ROUNDS = 3
PURGE = [sys.executable, "-m", "trailkeeper.cli.main", "purge", "--yes"]
DELETE = f"DELETE FROM events WHERE scope = 'user' AND id < '{id_floor(PERIOD.end)}'"
DROP = (
    f"ALTER TABLE {PERIOD.parent} DETACH PARTITION {PERIOD.name} CONCURRENTLY",
    f"DROP TABLE {PERIOD.name}",
)
Seconds = dict[str, list[float]]


def purge(machine: Machine) -> Results:
    """Medians of rounds, and latencies without and with a purge.

    `drop_seconds` is of the two statements that detach and drop a month, `purge_seconds` of the whole
    purge, which looks for holds, counts, records and tells of it. `delete_seconds` is one DELETE with its
    commit; its rows still take their room until VACUUM, hence `delete_and_vacuum_seconds`, after which
    indexes keep theirs. `unlink_seconds` is what the file system takes for files of these sizes: next to
    nothing, unless it is mounted with ``discard``, which tells the disk of each block at once; then
    `delete_vs_unlink` is the most that dropping can reach.
    """
    fill_month(machine, "ours", drained_facts(machine), machine.scale.purged)
    machine.copy_database("ours", MONTH)
    found: Seconds = {}
    for number in range(1, min(MOST_ROUNDS, machine.scale.rounds) + 1):
        machine.say(f"purge: round {number}")
        for name, value in _round(machine).items():
            found.setdefault(name, []).append(value)
    results = _compared({name: median(values) for name, values in found.items()})
    ingestion = _ingestion(machine)
    machine.query("postgres", f"DROP DATABASE {MONTH} WITH (FORCE)")
    return {"file_system_discards": discards(machine.home)} | results | ingestion


def _round(machine: Machine) -> dict[str, float]:
    _fresh(machine)
    unlinking = unlinking_seconds(machine, COPY)
    dropped, _ = executed(machine, COPY, *DROP)
    _fresh(machine)
    purged, purged_bytes = measured(machine, lambda: _purge(machine))
    _fresh(machine)
    deleted, deleted_bytes = executed(machine, COPY, DELETE)
    vacuumed, vacuumed_bytes = executed(machine, COPY, "VACUUM events")
    return {
        "unlink_seconds": unlinking,
        "drop_seconds": dropped,
        "purge_seconds": purged,
        "delete_seconds": deleted,
        "delete_and_vacuum_seconds": deleted + vacuumed,
        "purge_wal_kb": purged_bytes / 1024,
        "delete_wal_kb": deleted_bytes / 1024,
        "delete_and_vacuum_wal_kb": (deleted_bytes + vacuumed_bytes) / 1024,
    }


def _compared(found: dict[str, float]) -> Results:
    return {
        **{name: round(value, 4) for name, value in found.items()},
        "delete_vs_unlink": round(found["delete_seconds"] / found["unlink_seconds"], 1),
        "drop_vs_unlink": round(found["drop_seconds"] / found["unlink_seconds"], 2),
        "drop_vs_delete": round(found["delete_seconds"] / found["drop_seconds"], 1),
        "purge_vs_delete": round(found["delete_seconds"] / found["purge_seconds"], 1),
        "drop_vs_delete_and_vacuum": round(found["delete_and_vacuum_seconds"] / found["drop_seconds"], 1),
        "delete_wal_vs_purge": round(found["delete_wal_kb"] / found["purge_wal_kb"], 1),
    }


def _fresh(machine: Machine) -> None:
    machine.copy_database(MONTH, COPY)
    cooled(machine, COPY)


def _purge(machine: Machine) -> None:
    settings = msgspec.structs.replace(
        machine.settings(), database_url=machine.database_url(COPY), retention_user_days=DAYS_SINCE
    )
    [removal] = purge_events(settings)
    assert (removal.whole, removal.events) == (True, machine.scale.purged), removal


def _ingestion(machine: Machine) -> Results:
    """Latencies while nothing else runs, and while a purge deletes row by row, which is its slow way."""
    machine.client.flushall()
    _fresh(machine)
    emitter = Emitter(ProducerSettings(redis_url=machine.redis_url, stream=STREAM))
    environment = machine.environment(COPY)
    # a day less than all of the month, so that its partition stays
    environment[variable("retention_user_days")] = str(DAYS_SINCE + 1)
    with (
        machine.connection(COPY) as connection,
        worker(machine.home, environment, OURS),
        (machine.home / "purge.log").open("wb") as log,
    ):
        machine.say("purge: latency without")
        quiet = each(emitter, connection, machine.scale.latencies + WARM_UP)[WARM_UP:]
        machine.say("purge: latency with")
        purging = subprocess.Popen(PURGE, env=environment, stdout=log, stderr=log, cwd=Path.cwd())
        busy: list[float] = []
        while not busy or (purging.poll() is None and len(busy) < machine.scale.latencies):
            busy += each(emitter, connection, 5)
        if purging.poll() is None:  # enough was seen; what it has not deleted stays
            purging.terminate()
            purging.wait()
        else:
            assert purging.returncode == 0, (machine.home / "purge.log").read_text()
    emitter.close()
    p99 = [round(percentile(taken, 99) * 1000, 1) for taken in (quiet, busy)]
    return {
        "quiet_p99_ms": p99[0],
        "purging_p99_ms": p99[1],
        "purging_p99_vs_quiet": round(p99[1] / p99[0], 2),
        "purging_latencies": len(busy),
    }
