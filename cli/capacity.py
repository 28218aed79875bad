"""What a load needs: processes, memory, disks, partitions, and what gives way first.

Each figure is a product of the load and of what was measured for one event. Measure on a machine of your own
(`make bench`) where it matters; these figures come from two cores that everything shared.
"""

from __future__ import annotations

import math

import msgspec

DAY_SECONDS = 86_400
YEAR_DAYS = 365.25
MONTH_DAYS = YEAR_DAYS / 12
GIB = 1 << 30


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one event takes, with its usual payload; names are those of `make bench ARGS=--json`.

    Attributes:
        store_events_per_second: by a worker of two pool processes, all processors full.
        pool_process_us: processor time of a pool process, microseconds an event.
        planned_per_process: events a second to plan one pool process for.
        redis_bytes_per_event: of Redis' memory, while it waits.
        redis_bytes_per_event_in_hand: the same while a drain has it.
        redis_share: of its memory that Redis can hold events in; the rest is for buffers and Celery.
        spool_bytes_per_event: on the disk of the machine that emits.
        bytes_per_event: of Postgres, with indexes.
        memory_mb: of a pool process.
    """

    store_events_per_second: int = 57_500
    pool_process_us: float = 16.2
    planned_per_process: int = 20_000
    redis_bytes_per_event: int = 756
    redis_bytes_per_event_in_hand: int = 840
    redis_share: float = 0.7
    spool_bytes_per_event: int = 863
    bytes_per_event: int = 626
    memory_mb: int = 130


MEASURED = Measured()


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What comes.

    Attributes:
        events_per_second: on average.
        peak: the busiest seconds, as a multiple of the average.
        keep_days: how long events are kept.
        additional_bytes: that the payload is longer than usual.
        outage_seconds: of Postgres, or of Redis, that shall lose no event and refuse none.
        machines: that emit.
    """

    events_per_second: float
    peak: float = 5.0
    keep_days: float = YEAR_DAYS
    additional_bytes: int = 0
    outage_seconds: float = 3600.0
    machines: int = 2


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What it needs.

    Attributes:
        pool_processes: of workers, in all.
        worker_memory_bytes: of all pool processes.
        redis_memory_bytes: ``maxmemory`` that an outage of Postgres fits into.
        spool_bytes_per_machine: that an outage of Redis fits into.
        catch_up_seconds: until what waited through an outage is stored.
        postgres_bytes: of events and their indexes, once the oldest are purged.
        postgres_bytes_per_day: by which it grows until then.
        events: stored then.
        partitions: that exist then.
        first_limit: what gives way first when the load grows, and at how many times this load.
    """

    pool_processes: int
    worker_memory_bytes: int
    redis_memory_bytes: int
    spool_bytes_per_machine: int
    catch_up_seconds: float | None
    postgres_bytes: int
    postgres_bytes_per_day: int
    events: int
    partitions: int
    first_limit: str


def need_of(load: Load, measured: Measured = MEASURED) -> Need:
    """What a load needs."""
    busiest = load.events_per_second * load.peak
    extra = load.additional_bytes
    waiting = load.events_per_second * load.outage_seconds
    a_day = load.events_per_second * DAY_SECONDS
    row = measured.bytes_per_event + extra
    spare = measured.store_events_per_second - load.events_per_second
    processes = max(2, math.ceil(busiest / measured.planned_per_process))
    return Need(
        pool_processes=processes,
        worker_memory_bytes=processes * measured.memory_mb * 1_000_000,
        redis_memory_bytes=round(waiting * (measured.redis_bytes_per_event + extra) / measured.redis_share),
        spool_bytes_per_machine=round(waiting * (measured.spool_bytes_per_event + extra) / load.machines),
        catch_up_seconds=round(waiting / spare, 1) if spare > 0 else None,
        postgres_bytes=round(a_day * load.keep_days * row),
        postgres_bytes_per_day=round(a_day * row),
        events=round(a_day * load.keep_days),
        partitions=_partitions(load),
        first_limit=_first_limit(busiest, measured),
    )


def _partitions(load: Load) -> int:
    """Those that hold events, and those made ahead: one a scope."""
    months = math.ceil(load.keep_days / MONTH_DAYS) + 2
    years = math.ceil(load.keep_days / YEAR_DAYS) + 2
    return months + 3 * years


def _first_limit(busiest: float, measured: Measured) -> str:
    factor = measured.store_events_per_second / busiest
    what = "storing: one Postgres with two cores, shared with Redis and workers, writes no more"
    if factor < 1:
        return f"{what}; the busiest seconds wait in Redis"
    return f"{what} than {factor:,.1f} times this peak"
