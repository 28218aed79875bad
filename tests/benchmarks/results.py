"""Figures by name, as `--json` ends with them, and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Results = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        key: of the figure in the results; a dot leads into an object.
        ours: key of what is compared; None where the figure stands alone.
        peer: key of what it is compared with.
        unit: of ours and peer.
        most: the target: at most this.
        least: the target: at least this.
    """

    title: str
    key: str
    ours: str | None = None
    peer: str | None = None
    unit: str = ""
    most: float | None = None
    least: float | None = None

    def reached(self, value: float) -> bool | None:
        """Whether a value is as good as aimed at; None where nothing is aimed at."""
        if self.most is not None:
            return value <= self.most
        return value >= self.least if self.least is not None else None


FIGURES = (
    Figure(title="fsync of 8 KiB", key="fsync_us", unit="µs"),
    Figure(title="commit of one record", key="commit_us", unit="µs"),
    Figure(
        title="emit ÷ PING",
        key="emit_vs_round_trip",
        ours="emit_us",
        peer="round_trip_us",
        unit="µs",
        most=1.3,
    ),
    Figure(title="emit ÷ XADD of redis-py", key="emit_vs_xadd", ours="emit_us", peer="xadd_us", unit="µs"),
    Figure(
        title="three in a batch ÷ one",
        key="batch3_vs_one",
        ours="emit_three_in_a_batch_us",
        peer="emit_us",
        unit="µs",
        most=1.5,
    ),
    Figure(
        title="web server's throughput with a trail ÷ without",
        key="web_throughput_kept",
        ours="web.ours.per_second",
        peer="web.nothing.per_second",
        unit="/s",
        least=0.93,
    ),
    Figure(
        title="the same with an INSERT in the request",
        key="web_throughput_kept_by_insert",
        ours="web.insert.per_second",
        peer="web.nothing.per_second",
        unit="/s",
    ),
    Figure(
        title="the same with a Celery task",
        key="web_throughput_kept_by_celery_task",
        ours="web.task.per_second",
        peer="web.nothing.per_second",
        unit="/s",
    ),
    Figure(title="what a trail adds to the p99 of a request, ms", key="web_p99_added_ms"),
    Figure(
        title="emit, numbered and signed ÷ neither",
        key="signed_vs_plain",
        ours="emit_signed_us",
        peer="emit_plain_us",
        unit="µs",
        most=1.15,
    ),
    Figure(
        title="send_task ÷ emit",
        key="send_task_vs_emit",
        ours="emit_us",
        peer="send_task_us",
        unit="µs",
        least=4,
    ),
    Figure(
        title="spooled emit ÷ fsync",
        key="spooled_emit_vs_fsync",
        ours="spooled_emit_us.p50",
        peer="spool_fsync_us.p50",
        unit="µs",
    ),
    Figure(title="spooled emit, p50, µs", key="spooled_emit_us.p50", most=1_000),
    Figure(title="the same without waiting for the disk, p50, µs", key="spooled_emit_normal_us.p50"),
    Figure(title="emit in an outage, p50, µs", key="outage_emit_us.p50", most=2_000),
    Figure(title="emit in an outage, p99, µs", key="outage_emit_us.p99"),
    Figure(
        title="stored ÷ by a task an event",
        key="store_vs_celery_task",
        ours="store_events_per_second",
        peer="celery_task_events_per_second",
        unit="/s",
        least=20,
    ),
    Figure(
        title="stored ÷ COPY by one connection",
        key="store_vs_copy",
        ours="store_events_per_second",
        peer="copy_events_per_second",
        unit="/s",
        least=0.65,
    ),
    Figure(
        title="stored by two pool processes ÷ by one",
        key="store_scaling_2_workers",
        ours="store_events_per_second",
        peer="store_one_process_events_per_second",
        unit="/s",
        least=1.8,
    ),
    Figure(
        title="stored by one drain ÷ COPY",
        key="store_one_drain_vs_copy",
        ours="one_drain_events_per_second",
        peer="one_drain_copy_events_per_second",
        unit="/s",
    ),
    Figure(
        title="staging ÷ straight",
        key="staging_vs_straight",
        ours="staging_rows_per_second",
        peer="straight_rows_per_second",
        unit="/s",
    ),
    Figure(title="emit to visible, p50, ms", key="latency_ms.p50", most=100),
    Figure(title="emit to visible, p99, ms", key="latency_ms.p99", most=500),
    Figure(title="statements that an event adds to a transaction", key="outbox.statements", most=1),
    Figure(
        title="a transaction with emit ÷ without",
        key="outbox.with_emit_vs_without",
        ours="outbox.with_emit_us",
        peer="outbox.transaction_us",
        unit="µs",
    ),
    Figure(title="commit to visible, by the outbox, p50, ms", key="outbox.latency_ms.p50", most=1_000),
    Figure(title="relayed by one worker process", key="outbox.relayed_per_second", unit="/s"),
    Figure(
        title="DETACH and DROP ÷ removing files of these sizes",
        key="drop_vs_unlink",
        ours="drop_seconds",
        peer="unlink_seconds",
        unit="s",
    ),
    Figure(
        title="a month by DELETE ÷ by DETACH and DROP",
        key="drop_vs_delete",
        ours="drop_seconds",
        peer="delete_seconds",
        unit="s",
        least=50,
    ),
    Figure(title="of that, the most that this file system allows", key="delete_vs_unlink"),
    Figure(
        title="a month by DELETE and VACUUM ÷ by DETACH and DROP",
        key="drop_vs_delete_and_vacuum",
        ours="drop_seconds",
        peer="delete_and_vacuum_seconds",
        unit="s",
    ),
    Figure(
        title="a month by DELETE ÷ by the whole purge",
        key="purge_vs_delete",
        ours="purge_seconds",
        peer="delete_seconds",
        unit="s",
    ),
    Figure(
        title="its write-ahead log, by DELETE ÷ by the purge",
        key="delete_wal_vs_purge",
        ours="purge_wal_kb",
        peer="delete_wal_kb",
        unit="KB",
        least=100,
    ),
    Figure(
        title="emit to visible, p99, purging ÷ quiet",
        key="purging_p99_vs_quiet",
        ours="purging_p99_ms",
        peer="quiet_p99_ms",
        unit="ms",
        most=2,
    ),
    Figure(title="bytes an event, with indexes", key="bytes_per_event", most=600),
    Figure(title="of them in the table itself", key="table_bytes_per_event"),
    Figure(title="bytes an event where ids are UUIDs", key="uuid_bytes_per_event"),
    Figure(title="bytes of Redis for a waiting event", key="redis_bytes_per_event"),
    Figure(title="the same while a drain has it in hand", key="redis_bytes_per_event_in_hand"),
    Figure(title="bytes of the spool for an event", key="spool_bytes_per_event"),
    Figure(
        title="enriched anew ÷ stored by one drain",
        key="enrich_vs_drain",
        ours="enrich_events_per_second",
        peer="backfill_drain_events_per_second",
        unit="/s",
        least=0.5,
    ),
    Figure(
        title="imported ÷ stored by one drain",
        key="import_vs_drain",
        ours="import_events_per_second",
        peer="backfill_drain_events_per_second",
        unit="/s",
        least=0.8,
    ),
    Figure(
        title="memory of a pool process, end ÷ start",
        key="memory_mb.growth",
        ours="memory_mb.end",
        peer="memory_mb.start",
        unit="MB",
    ),
    Figure(title="slowest page in the database, p50, ms", key="histories.slowest_ms", most=5),
    Figure(title="slowest page over HTTP, p50, ms", key="histories.http_slowest_ms", most=25),
    Figure(title="page in a large table ÷ in a small one", key="histories.growth_1m_to_10m", most=1.3),
    Figure(title="exported by the slower format", key="histories.export_per_second", unit="/s", least=30_000),
    Figure(title="memory that an export takes", key="histories.export_memory_mb", unit="MB", most=50),
)


def look_up(results: Results, key: str) -> float | None:
    """The value under a key, or None where it was not measured."""
    found: Any = results
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return None if found is None else float(found)
