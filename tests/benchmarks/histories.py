"""Pages of histories in a table of millions of events, in the database and over HTTP; and whole exports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from statistics import median
from urllib.parse import urlencode

from .history_asked import ADMIN, API, Asked, Database, histories_asked
from .history_rows import SPAN, Facts, drained_facts, fill_table
from .history_service import Service, serving, views_settings
from .machine import Machine
from .results import Results
from .timing import percentile, timed

SMALL, LARGE = "histories_small", "histories_large"
WARM_UP = 5
EXPORT_WARM_UP = 20
"""The part of an export that is exported before the clock starts: one in so many."""

FORMATS = ("jsonl", "csv")
PAGES = ("first", "hundredth")
Figures = dict[str, float]


def histories(machine: Machine) -> Results:
    """Percentiles of warm calls; the calls of both tables take turns."""
    facts = drained_facts(machine)
    with _filled(machine, facts):
        asked = histories_asked(facts)
        found: Figures = {}
        for one in asked:
            machine.say(f"histories: {one.name} in the database")
            found |= _in_the_database(machine, one)
        with serving(machine, LARGE) as service:
            for one in asked:
                machine.say(f"histories: {one.name} over HTTP")
                found |= _over_http(machine, service, one)
            found |= _exports(machine, service)
    small, large = machine.scale.histories
    return {"histories": {"events": {"small": small, "large": large}, **_worst(asked, found), **found}}


@contextmanager
def _filled(machine: Machine, facts: Facts) -> Iterator[None]:
    for name, count in zip((SMALL, LARGE), machine.scale.histories, strict=True):
        machine.say(f"histories: COPY of {count:,} events")
        fill_table(machine, name, facts, count)
    try:
        yield
    finally:
        for name in (SMALL, LARGE):
            machine.query("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def _in_the_database(machine: Machine, asked: Asked) -> Figures:
    found: Figures = {}
    with (
        closing(Database(views_settings(machine, SMALL))) as small,
        closing(Database(views_settings(machine, LARGE))) as large,
    ):
        for page in PAGES:
            name = f"{asked.name}_{page}"
            calls = [partial(_statements, database, asked, page == PAGES[0]) for database in (small, large)]
            few, many = _in_turn([call() for call in calls], machine.scale.history_calls)
            found |= _percentiles(name, many)
            place = {} if page == PAGES[0] else large.hundredth(asked)
            executed = [large.executed_ms(asked, place) for _ in range(WARM_UP)]
            found[f"{name}_executed_ms"] = round(median(executed), 2)
            found[f"{name}_growth"] = round(median(many) / median(few), 3)
    return found


def _statements(database: Database, asked: Asked, is_first: bool) -> Callable[[], float]:
    place = {} if is_first else database.hundredth(asked)
    return lambda: database.statement_seconds(asked, place)


def _in_turn(calls: list[Callable[[], float]], times: int) -> list[list[float]]:
    for call in calls * WARM_UP:
        call()
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(times):
        for call, seconds in zip(calls, found, strict=True):
            seconds.append(call())
    return found


def _over_http(machine: Machine, service: Service, asked: Asked) -> Figures:
    headers = service.headers(asked.viewer)
    paths = (asked.path, service.hundredth(asked, headers))
    found: Figures = {}
    for page, path in zip(PAGES, paths, strict=True):
        call = partial(timed, partial(service.ask, path, headers))
        (seconds,) = _in_turn([call], machine.scale.history_calls)
        found |= _percentiles(f"http_{asked.name}_{page}", seconds)
    return found


def _percentiles(name: str, seconds: list[float]) -> Figures:
    return {
        f"{name}_ms": round(median(seconds) * 1e3, 2),
        f"{name}_p99_ms": round(percentile(seconds, 99) * 1e3, 2),
    }


def _exports(machine: Machine, service: Service) -> Figures:
    headers = service.headers(ADMIN)
    count = machine.scale.export_events
    found: Figures = {}
    service.count_lines(_export(machine, count // EXPORT_WARM_UP, "csv"), headers)
    before, most = service.megabytes(), 0.0
    for form in FORMATS:
        machine.say(f"histories: export of some {count:,} events as {form}")
        began, used = time.perf_counter(), service.processor_seconds()
        events, megabytes = service.count_lines(_export(machine, count, form), headers)
        found[f"export_{form}_per_second"] = round(events / (time.perf_counter() - began))
        found[f"export_{form}_own_us"] = round((service.processor_seconds() - used) / events * 1e6, 1)
        most = max(most, megabytes)
    return {
        "export_per_second": min(found[f"export_{form}_per_second"] for form in FORMATS),
        **found,
        "export_memory_mb": round(most - before, 1),
        "export_rss_mb": round(most, 1),
    }


def _export(machine: Machine, count: int, form: str) -> str:
    """The address of the newest events, as many as that, by their time."""
    since = datetime.now(UTC) - SPAN * (count / machine.scale.histories[1])
    return f"{API}/events/export?{urlencode({'format': form, 'since': since.isoformat()})}"


def _worst(asked: list[Asked], found: Figures) -> Figures:
    """What targets are set for: of all pages the slowest, and the one that slows down most."""
    names = [f"{one.name}_{page}" for one in asked for page in PAGES]
    return {
        "slowest_ms": max(found[f"{name}_ms"] for name in names),
        "http_slowest_ms": max(found[f"http_{name}_ms"] for name in names),
        "growth_1m_to_10m": max(found[f"{name}_growth"] for name in names),
    }
