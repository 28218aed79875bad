"""A Celery application as one would write it: a task for each event, which enriches and inserts it.

Defaults of Celery for acknowledging and prefetching, one connection kept for each
process, our own enrichment and caches, and the same table as ours.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from celery import Celery

from tests.benchmarks.peers import QUEUE, TASK
from tests.support.databases import raw_engine
from trailkeeper.models.engine import make_engine
from trailkeeper.models.writing import COLUMNS
from trailkeeper.producer import catalogue
from trailkeeper.producer.event import Event
from trailkeeper.worker.enrich import enrichments
from trailkeeper.worker.ingest.derive import Derive
from trailkeeper.worker.ingest.messages import Accepted, IncomingMessage
from trailkeeper.worker.ingest.rows import values_of
from trailkeeper.worker.settings import settings

INSERT = f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"

app = Celery(
    "task_an_event",
    broker=settings().redis_url,
    task_default_queue=QUEUE,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
)


class Inserter:
    """What lives as long as its process: connections, readers, caches."""

    def __init__(self) -> None:
        engine = make_engine(settings().database_url, application_name="task an event")
        self._connection = raw_engine(settings().database_url).raw_connection()
        self._cursor = self._connection.cursor()
        self._derive = Derive(engine, enrichments(settings().geoip))
        self._catalogue = catalogue.load()

    def insert(self, facts: dict[str, Any]) -> None:
        """Store one event in a transaction of its own."""
        event = msgspec.convert(facts, Event)
        kind = self._catalogue.get(event.tag)
        assert kind is not None
        accepted = Accepted(IncomingMessage("", None, None, {}), event, kind, None)
        [derived] = self._derive.of([[getattr(event, each.fact)] for each in self._derive.enrichments])
        self._cursor.execute(INSERT, values_of(accepted, derived, None))
        self._connection.commit()


@cache
def inserter() -> Inserter:
    """This process' own, made by its first task."""
    return Inserter()


@app.task(name=TASK)  # type: ignore[untyped-decorator]
def store(facts: dict[str, Any]) -> None:
    """Store one event."""
    inserter().insert(facts)
