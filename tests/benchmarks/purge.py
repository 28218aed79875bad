"""A month of events dropped by the purge, beside DELETE of its rows; and ingestion while rows are deleted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import text

from models.engine import make_engine, transaction
from models.partitions import ensure, id_floor, period_of
from producer import Emitter, ProducerSettings
from producer.settings import variable
from worker.retention import purge as purge_events

from .latency import WARM_UP, each
from .machine import STREAM, Machine
from .results import Results
from .timing import percentile, timed
from .workers import OURS, worker

PERIOD = period_of("user", datetime.now(UTC) - timedelta(days=100))
DAYS_SINCE = (datetime.now(UTC) - PERIOD.end).days
FILL = """
    INSERT INTO events (id, occurred_at, scope, tag, user_id, user_name, actor_kind, actor_id, actor_name, ip,
                        request_id, additional)
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '70008000'
            || lpad(to_hex(n), 12, '0'))::uuid, moment, 'user', 'account:login:success', 'u' || n % 9973,
           'name', 'user', CASE WHEN n % 5 = 0 THEN 'other' ELSE 'u' || n % 9973 END, 'name',
           '198.51.0.0'::inet + n % 60000, md5(n::text), '{"method": "password"}'
      FROM generate_series(1, :count) AS n,
           LATERAL (SELECT CAST(:start AS timestamptz) + n * interval '2 seconds' AS moment) AS m
"""
PURGE = [sys.executable, "-m", "cli.main", "purge"]


def purge(machine: Machine) -> Results:
    """Milliseconds and write-ahead log of both ways, and latencies without and with a purge.

    The purge counts what it drops, records it and tells of it; DELETE is one statement,
    and leaves its rows to VACUUM.
    """
    for database in ("ours", "copy"):
        _fill(machine, database)
    dropped, dropped_bytes = _measured(machine, lambda: _drop(machine))
    deleted, deleted_bytes = _measured(machine, lambda: _delete(machine))
    return {
        "purge_ms": round(dropped * 1000, 1),
        "delete_ms": round(deleted * 1000, 1),
        "vacuum_ms": round(timed(lambda: machine.query("copy", "VACUUM events")) * 1000, 1),
        "delete_vs_purge": round(deleted / dropped, 1),
        "purge_wal_kb": round(dropped_bytes / 1024, 1),
        "delete_wal_kb": round(deleted_bytes / 1024, 1),
        "delete_wal_vs_purge": round(deleted_bytes / dropped_bytes, 1),
        **_ingestion(machine),
    }


def _fill(machine: Machine, database: str) -> None:
    machine.say(f"purge: {machine.scale.purged:,} events for {database}")
    machine.empty(database)
    engine = make_engine(
        machine.database_url(database), application_name="benchmark", statement_timeout_ms=600_000
    )
    ensure(engine, {PERIOD})
    with transaction(engine) as connection:
        connection.execute(text(FILL), {"count": machine.scale.purged, "start": PERIOD.start})
    engine.dispose()
    machine.query(database, "VACUUM ANALYZE events")


def _measured(machine: Machine, call: Callable[[], object]) -> tuple[float, int]:
    """Seconds, and bytes of write-ahead log, of which the server writes nothing else meanwhile."""
    machine.query("ours", "CHECKPOINT")
    before = machine.query("ours", "SELECT pg_current_wal_insert_lsn()::text")[0][0]
    seconds = timed(call)
    written = machine.query("ours", f"SELECT pg_current_wal_insert_lsn() - '{before}'::pg_lsn")
    return seconds, int(written[0][0])


def _drop(machine: Machine) -> None:
    settings = msgspec.structs.replace(machine.settings(), retention_user_days=DAYS_SINCE)
    [removal] = purge_events(settings)
    assert (removal.whole, removal.events) == (True, machine.scale.purged)


def _delete(machine: Machine) -> None:
    floor = id_floor(PERIOD.end)
    machine.query("copy", f"DELETE FROM events WHERE scope = 'user' AND id < '{floor}'")


def _ingestion(machine: Machine) -> Results:
    """Latencies while nothing else runs, and while a purge deletes row by row, which is its slow way."""
    _fill(machine, "ours")
    machine.client.flushall()
    emitter = Emitter(ProducerSettings(redis_url=machine.redis_url, stream=STREAM))
    environment = machine.environment("ours")
    # a day less than all of the month, so that its partition stays
    environment[variable("retention_user_days")] = str(DAYS_SINCE + 1)
    with (
        machine.connection("ours") as connection,
        worker(machine.home, environment, OURS),
        (machine.home / "purge.log").open("wb") as log,
    ):
        machine.say("purge: latency without")
        quiet = each(emitter, connection, machine.scale.latencies + WARM_UP)[WARM_UP:]
        machine.say("purge: latency with")
        purging = subprocess.Popen(PURGE, env=environment, stdout=log, stderr=log, cwd=Path.cwd())
        busy: list[float] = []
        while purging.poll() is None or not busy:
            busy += each(emitter, connection, 5)
        assert purging.returncode == 0, (machine.home / "purge.log").read_text()
    emitter.close()
    p99 = [round(percentile(taken, 99) * 1000, 1) for taken in (quiet, busy)]
    return {
        "quiet_p99_ms": p99[0],
        "purging_p99_ms": p99[1],
        "purging_p99_vs_quiet": round(p99[1] / p99[0], 2),
        "purging_latencies": len(busy),
    }
