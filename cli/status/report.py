"""All parts of the status; one that fails leaves the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trailkeeper.cli.errors import explain
from trailkeeper.models.errors import StoreError
from trailkeeper.producer.errors import SettingsError, TrailkeeperError

from .in_postgres import completeness, dead_letters, newest, outbox, partitions
from .in_redis import backlog, beat, memory, rate
from .in_spool import spooled
from .in_workers import workers

Part = Callable[[], dict[str, Any]]

PARTS: dict[str, Part] = {
    "redis": memory,
    "stream": backlog,
    "spool": spooled,
    "outbox": outbox,
    "rate": rate,
    "workers": workers,
    "beat": beat,
    "events": newest,
    "dead_letters": dead_letters,
    "completeness": completeness,
    "partitions": partitions,
}


def collect(parts: dict[str, Part] | None = None) -> dict[str, dict[str, Any]]:
    """Every part by name; ``{"unknown": why}`` for what could not be found out."""
    return {name: _known(part) for name, part in (parts or PARTS).items()}


def _known(part: Part) -> dict[str, Any]:
    try:
        return part()
    except (StoreError, TrailkeeperError, SettingsError) as error:
        message, _ = explain(error) or (str(error), 1)
        return {"unknown": " ".join(message.split())}
