"""Whether workers, beat and clocks work together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from trailkeeper.cli.services import of_each_stream, store
from trailkeeper.cli.status.in_postgres import completeness as missing_events
from trailkeeper.cli.status.in_postgres import outbox
from trailkeeper.cli.status.in_redis import backlog
from trailkeeper.cli.status.in_redis import beat as beat_status
from trailkeeper.cli.status.in_workers import workers as workers_status
from trailkeeper.cli.times import duration, moment
from trailkeeper.models.engine import transaction
from trailkeeper.models.status import server_facts
from trailkeeper.producer.counted import counted

from .finding import Finding, ok, problem, warning

QUEUES = {"ingest": "events are not stored", "maintenance": "nothing is purged and no partitions are made"}
BEAT_LATE_SECONDS = 60.0
CLOCK_WARNING, CLOCK_PROBLEM = 2.0, 60.0
OLD_BACKLOG_SECONDS = 60.0


def clocks() -> Iterator[Finding]:
    """The difference between the clocks of this machine, Redis and Postgres."""
    yield _clock("Redis", max(of_each_stream(lambda client, _: ahead(client.time())), key=abs))
    with store() as engine, transaction(engine) as connection:
        yield _clock("Postgres", (server_facts(connection).clock - datetime.now(UTC)).total_seconds())


def ahead(clock: tuple[int, int]) -> float:
    """By how many seconds a clock of Redis is ahead of ours."""
    return clock[0] + clock[1] / 1e6 - time.time()


def workers() -> Iterator[Finding]:
    """Whether each queue has a worker."""
    queues_by_worker = workers_status()["queues"]
    for queue, consequence in QUEUES.items():
        takers = [name for name, queues in queues_by_worker.items() if queue in queues]
        if takers:
            yield ok(f"workers for {queue}", ", ".join(takers))
        else:
            observed = f"none answers: {consequence}"
            yield problem(f"workers for {queue}", observed, "start one: trailkeeper worker")


def beat() -> Iterator[Finding]:
    """Whether beat was seen recently."""
    seconds = beat_status()["seconds_ago"]
    advice = "start it: trailkeeper beat (any number of them is fine)"
    if seconds is None:
        yield problem("beat", "never seen: nothing is purged and no partitions are made ahead", advice)
    elif seconds > BEAT_LATE_SECONDS:
        yield problem("beat", f"last seen {duration(seconds)} ago", advice)
    else:
        yield ok("beat", f"seen {duration(max(seconds, 0.0))} ago")


def drains() -> Iterator[Finding]:
    """Whether waiting messages are being stored."""
    status = backlog()
    if status["paused"]:
        since = moment(status["paused"]["since"])
        yield problem("draining", f"paused since {since}: {status['paused']['detail']}", "see Postgres above")
    yield _waiting("backlog", status["waiting"] + status["being_stored"], status["oldest_seconds"], "workers")


def relays() -> Iterator[Finding]:
    """Whether committed messages in the outbox are being stored."""
    messages = outbox()
    yield _waiting("outbox", messages["waiting"], messages["oldest_seconds"], "workers for ingest")


def completeness() -> Iterator[Finding]:
    """Whether numbered events are missing."""
    counts = missing_events()
    if counts["missing"]:
        missing = (
            f"{counted(counts['missing'], 'is', 'are')} missing, the first since {moment(counts['since'])}"
        )
        yield problem("numbered events", missing, "`trailkeeper reconcile` names them")
    else:
        yield ok("numbered events", "none is missing")


def _waiting(check: str, messages: int, oldest: float | None, needed: str) -> Finding:
    observed = f"{counted(messages, 'message')}, the oldest for {duration(oldest or 0.0)}"
    if oldest and oldest > OLD_BACKLOG_SECONDS:
        return warning(check, observed, f"start more {needed}, or see the findings above")
    return ok(check, observed)


def _clock(name: str, difference: float) -> Finding:
    check, observed = f"clock of {name}", f"{abs(difference):.2f} s {'ahead' if difference > 0 else 'behind'}"
    advice = "synchronise the machines' clocks: the order of events is the order of their times"
    if abs(difference) > CLOCK_PROBLEM:
        return problem(check, observed, advice)
    return warning(check, observed, advice) if abs(difference) > CLOCK_WARNING else ok(check, observed)
