"""What Postgres knows: the newest event, what waits in the outbox, dead letters, partitions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from sqlalchemy import Connection

from trailkeeper.cli.services import store
from trailkeeper.models import outbox as outboxes
from trailkeeper.models.counting.gaps import missing_events, missing_since
from trailkeeper.models.engine import transaction
from trailkeeper.models.partitions import Partition, existing
from trailkeeper.models.status import dead_letter_counts, newest_event
from trailkeeper.models.tables import SCOPES

Answer = dict[str, Any]


def _asking(question: Callable[[Connection], Answer]) -> Callable[[], Answer]:
    """Let a question connect by itself; it raises StoreError where Postgres is away or has no schema."""

    @wraps(question)
    def ask() -> Answer:
        with store() as engine, transaction(engine) as connection:
            return question(connection)

    return ask


@_asking
def newest(connection: Connection) -> Answer:
    """The event that occurred last, and when it was stored."""
    event = newest_event(connection)
    if event is None:
        return {"newest": None}
    return {"newest": event.occurred_at, "stored": event.recorded_at, "tag": event.tag}


@_asking
def outbox(connection: Connection) -> Answer:
    """How many messages of committed transactions are not relayed yet, and since when."""
    backlog = outboxes.backlog(connection)
    return {
        "waiting": backlog.waiting,
        "at_least": backlog.waiting >= outboxes.COUNTED,
        "oldest_seconds": backlog.oldest_seconds,
    }


@_asking
def dead_letters(connection: Connection) -> Answer:
    """How many there are for each reason."""
    counts = dead_letter_counts(connection)
    return {"total": sum(counts.values()), "by_reason": counts}


@_asking
def completeness(connection: Connection) -> Answer:
    """How many numbered events are missing for longer than the grace period, and since when the first is."""
    return {"missing": missing_events(connection), "since": missing_since(connection)}


@_asking
def partitions(connection: Connection) -> Answer:
    """The partitions, and how many of each scope begin after now."""
    present = existing(connection)
    return {"ahead": ahead(present, datetime.now(UTC)), "list": [_as_json(part) for part in present]}


def ahead(partitions: list[Partition], now: datetime) -> dict[str, int]:
    """How many partitions of each scope begin after now."""
    return {scope: sum(part.scope == scope and part.start > now for part in partitions) for scope in SCOPES}


def _as_json(partition: Partition) -> dict[str, Any]:
    names = ("name", "scope", "start", "end", "rows", "bytes", "detaching")
    return {name: getattr(partition, name) for name in names}
