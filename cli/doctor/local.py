"""Checks of files on this machine: catalogue, and location data if it has any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from trailkeeper.cli.all_settings import all_settings, unknown_variables
from trailkeeper.producer.catalogue import load
from trailkeeper.producer.counted import counted
from trailkeeper.worker.enrich import LocationFinder, NetworkFinder
from trailkeeper.worker.enrich.mmdb import MmdbFile, UnusableDatabase
from trailkeeper.worker.settings import settings

from .finding import Finding, ok, problem, warning

STALE_DAYS = 60


def variables() -> Iterator[Finding]:
    """Whether each TRAILKEEPER_ variable is a setting, and can be used."""
    settings, unknown = all_settings(), unknown_variables()
    for found in dict.fromkeys(setting.problem for setting in settings if setting.problem):
        yield problem("settings", found, "correct it; `trailkeeper config` shows every setting")
    for name, closest in unknown.items():
        advice = (
            f"did you mean {closest}?" if closest else "remove it; `trailkeeper config` shows every setting"
        )
        yield warning("settings", f"{name} is no setting, and has no effect", advice)
    if not unknown and not any(setting.problem for setting in settings):
        yield ok(
            "settings", f"{sum(setting.is_set for setting in settings)} set, the others at their defaults"
        )


def catalogue() -> Iterator[Finding]:
    """Whether every event type can be read.

    Raises:
        CatalogueError: names the file, the event type and what was expected.
    """
    paths = settings().catalogue
    event_types = load(paths)
    yield ok(
        "catalogue",
        f"{counted(len(event_types), 'event type')}, {counted(len(paths), 'file')} of the application",
    )


def geoip() -> Iterator[Finding]:
    """How old the location data on this machine are, if there are any; what workers use, `located` says."""
    for path in settings().geoip:
        yield _file(path)


def _file(path: str) -> Finding:
    try:
        database = MmdbFile(path)
    except UnusableDatabase as error:
        return problem("location data", str(error), "put a MaxMind-format file there")
    finders = (LocationFinder, NetworkFinder)
    derived = " and ".join(finder.name for finder in finders if finder.reads(database.source))
    description = f"{Path(path).name}: {database.source}, built {database.build}, for {derived}"
    if (datetime.now(UTC).date() - date.fromisoformat(database.build)).days > STALE_DAYS:
        return warning(
            "location data",
            description,
            f"older than {STALE_DAYS} days: fetch a new one, which workers notice",
        )
    return ok("location data", description)
