"""All checks, in an order in which the first problem explains the later ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from trailkeeper.cli.errors import explain

from .finding import Finding, problem
from .fleet import beat, clocks, completeness, drains, relays, workers
from .local import catalogue, geoip, variables
from .of_broker import broker
from .of_postgres import postgres
from .of_redis import redis_server
from .of_spool import spooled

Check = Callable[[], Iterable[Finding]]

CHECKS: dict[str, Check] = {
    "settings": variables,
    "catalogue": catalogue,
    "location data": geoip,
    "Redis": redis_server,
    "Celery's broker": broker,
    "spool": spooled,
    "Postgres": postgres,
    "clocks": clocks,
    "workers": workers,
    "beat": beat,
    "drains": drains,
    "outbox": relays,
    "completeness": completeness,
}


def examine(checks: dict[str, Check] | None = None) -> Iterator[Finding]:
    """Run all checks, and yield each finding at once; one cause is told once."""
    causes: dict[str, str] = {}
    for name, check in (checks or CHECKS).items():
        yield from _run(name, check, causes)


def _run(name: str, check: Check, causes: dict[str, str]) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:
        explained = explain(error)
        if explained is None:
            raise
        message = explained[0]
        if message in causes:
            yield problem(name, "not known", f"see {causes[message]} above")
        else:
            causes[message] = name
            yield problem(name, message, "fix this first; what depends on it is not known until then")
