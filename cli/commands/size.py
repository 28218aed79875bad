"""`trailkeeper size`: what a load needs, before there is any."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from trailkeeper.cli.capacity import GIB, Load, Need, need_of
from trailkeeper.cli.output import print_facts, print_json, say
from trailkeeper.cli.times import duration

RATE = click.FloatRange(0.001, 10_000_000)
HOUR_SECONDS = 3600
SHOWN: dict[str, Any] = {"show_default": True}


@click.command("size")
@click.option("--events-per-second", type=RATE, required=True, help="On average.")
@click.option("--peak", type=click.FloatRange(1, 1000), default=5.0, **SHOWN, help="Busiest ÷ average.")
@click.option("--keep", "keep_days", type=click.FloatRange(1, 36_525), default=365.0, **SHOWN, help="Days.")
@click.option(
    "--additional-bytes", type=click.IntRange(0, 65_536), default=0, **SHOWN, help="Beyond a usual payload."
)
@click.option(
    "--outage", type=click.FloatRange(0, 1000), default=1.0, **SHOWN, help="Hours without Postgres, or Redis."
)
@click.option("--machines", type=click.IntRange(1, 100_000), default=2, **SHOWN, help="That emit.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(*, outage: float, as_json: bool, **given: Any) -> None:
    """Say which processes, memory and disks a load needs, and what gives way first.

    From what one event was measured to take (docs/operations.md, Sizing). Asks no server.
    """
    load = Load(outage_seconds=outage * HOUR_SECONDS, **given)
    need = need_of(load)
    if as_json:
        print_json({"load": msgspec.to_builtins(load), "need": msgspec.to_builtins(need)})
        return
    print_facts(_facts(need))
    say(f"the first limit is {need.first_limit}")


def _facts(need: Need) -> dict[str, Any]:
    a_day, after = _bytes(need.postgres_bytes_per_day), need.catch_up_seconds
    return {
        "pool processes": f"{need.pool_processes:,}, {_bytes(need.worker_memory_bytes)} of memory in all",
        "Redis, maxmemory": _bytes(need.redis_memory_bytes),
        "spool, each machine": _bytes(need.spool_bytes_per_machine),
        "outage made up for": "never" if after is None else f"{duration(after)} after it",
        "Postgres": f"{_bytes(need.postgres_bytes)} for {need.events:,} events, {a_day} a day",
        "partitions": f"{need.partitions:,}",
    }


def _bytes(number: int) -> str:
    for unit, size in (("TiB", GIB * 1024), ("GiB", GIB), ("MiB", 1 << 20)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number / 1024:,.1f} KiB"
