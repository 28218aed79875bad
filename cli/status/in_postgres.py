"""What Postgres knows: the newest event, what waits in the outbox, dead letters, partitions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from trailkeeper.cli.services import store
from trailkeeper.models import outbox as outboxes
from trailkeeper.models.counting.gaps import missing_events, missing_since
from trailkeeper.models.engine import transaction
from trailkeeper.models.partitions import Partition, existing
from trailkeeper.models.status import dead_letter_counts, newest_event
from trailkeeper.models.tables import SCOPES


def newest() -> dict[str, Any]:
    """The event that occurred last, and when it was stored.

    Raises:
        StoreError: Postgres is away, or has no schema.
    """
    with store() as engine, transaction(engine) as connection:
        event = newest_event(connection)
    if event is None:
        return {"newest": None}
    return {"newest": event.occurred_at, "stored": event.recorded_at, "tag": event.tag}


def outbox() -> dict[str, Any]:
    """How many messages of committed transactions are not relayed yet, and since when.

    Raises:
        StoreError: Postgres is away, or has no schema.
    """
    with store() as engine, transaction(engine) as connection:
        found = outboxes.backlog(connection)
    return {
        "waiting": found.waiting,
        "at_least": found.waiting >= outboxes.COUNTED,
        "oldest_seconds": found.oldest_seconds,
    }


def dead_letters() -> dict[str, Any]:
    """How many there are of each reason.

    Raises:
        StoreError: Postgres is away, or has no schema.
    """
    with store() as engine, transaction(engine) as connection:
        counts = dead_letter_counts(connection)
    return {"total": sum(counts.values()), "by_reason": counts}


def completeness() -> dict[str, Any]:
    """How many numbered events are missing, for longer than the grace, and since when the first of them is.

    Raises:
        StoreError: Postgres is away, or has no schema.
    """
    with store() as engine, transaction(engine) as connection:
        return {"missing": missing_events(connection), "since": missing_since(connection)}


def partitions() -> dict[str, Any]:
    """The partitions, and of each scope how many are ahead of now.

    Raises:
        StoreError: Postgres is away, or has no schema.
    """
    with store() as engine, transaction(engine) as connection:
        found = existing(connection)
    return {"ahead": ahead(found, datetime.now(UTC)), "list": [_as_json(partition) for partition in found]}


def ahead(found: list[Partition], now: datetime) -> dict[str, int]:
    """How many partitions of each scope begin after now."""
    return {scope: sum(part.scope == scope and part.start > now for part in found) for scope in SCOPES}


def _as_json(partition: Partition) -> dict[str, Any]:
    names = ("name", "scope", "start", "end", "rows", "bytes", "detaching")
    return {name: getattr(partition, name) for name in names}
