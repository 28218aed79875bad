"""What lies on this machine: catalogue files and location data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import maxminddb

from producer.catalogue import load
from worker.settings import settings

from .finding import Finding, ok, problem, warning

STALE_DAYS = 60


def catalogue() -> Iterator[Finding]:
    """Whether every event type can be read.

    Raises:
        CatalogueError: names the file, the event type and what was expected.
    """
    paths = settings().catalogue
    found = load(paths)
    yield ok("catalogue", f"{len(found)} event types, {len(paths)} files of the application's own")


def geoip() -> Iterator[Finding]:
    """Whether location data is there and young."""
    paths = settings().geoip
    if not paths:
        advice = "name MaxMind-format files in TRAILKEEPER_GEOIP; a backfill can add locations later"
        yield warning("location data", "none is configured: events are stored without location", advice)
    for path in paths:
        yield _file(path)


def _file(path: str) -> Finding:
    try:
        with maxminddb.open_database(path) as reader:
            found = reader.metadata()
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        return problem("location data", f"{path}: {error}", "put a MaxMind-format file there")
    built = datetime.fromtimestamp(found.build_epoch, UTC)
    shown = f"{Path(path).name}: {found.database_type}, built {built:%Y-%m-%d}"
    if (datetime.now(UTC) - built).days > STALE_DAYS:
        return warning(
            "location data", shown, f"older than {STALE_DAYS} days: fetch a new one, workers notice it"
        )
    return ok("location data", shown)
