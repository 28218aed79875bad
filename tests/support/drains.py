"""What tests of the drain need: settings for the servers, events in the stream, rows in the table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import redis
from sqlalchemy import text

from tests.support.databases import raw_engine
from trailkeeper.producer.event import Actor, Event
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.wire import encode
from trailkeeper.worker.settings import WorkerSettings

STREAM = "trailkeeper:events"


def settings_for(redis_url: str, database_url: str, **changes: Any) -> WorkerSettings:
    """A worker's settings on the servers of the fixtures."""
    return WorkerSettings(redis_url=redis_url, database_url=database_url, **changes)


def an_event(occurred_at: datetime | None = None, **facts: Any) -> Event:
    """A login that just happened, or what *facts* say instead."""
    moment = occurred_at or datetime.now(UTC)
    values = {"tag": "account:login:success", "actor": Actor(kind="user", id="u1"), **facts}
    return Event(id=values.pop("id", None) or uuid7(moment), occurred_at=moment, **values)


def put(client: redis.Redis, *payloads: bytes | Event) -> list[str]:
    """Payloads into the stream; returns the stream's ids."""
    raws = [payload if isinstance(payload, bytes) else encode(payload) for payload in payloads]
    return [cast(bytes, client.xadd(STREAM, {"e": raw})).decode() for raw in raws]


def entries(redis_url: str) -> list[dict[bytes, bytes]]:
    """Everything in the stream, oldest first."""
    with redis.Redis.from_url(redis_url) as client:
        found: Any = client.xrange(STREAM)
    return [fields for _, fields in found]


def query(database_url: str, statement: str, **values: Any) -> list[Any]:
    """All rows of a statement."""
    engine = raw_engine(database_url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result.mappings()) if result.returns_rows else []
    finally:
        engine.dispose()


def stored_ids(database_url: str) -> list[UUID]:
    """The ids in the table, in order, each as often as it is there."""
    return [row["id"] for row in query(database_url, "SELECT id FROM events ORDER BY id")]
