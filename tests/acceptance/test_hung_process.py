"""A pool process that hangs in the middle of a drain holds up neither new events nor, for long, its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import redis
from sqlalchemy import text

from tests.support.databases import raw_engine
from tests.support.drains import an_event, put, query, stored_ids
from tests.support.stacks import is_drained, pool_of, running
from tests.support.waiting import BUSY_SECONDS, until
from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.worker.ingest.process import IDLE_MS
from trailkeeper.worker.running import MARGIN_SECONDS

DRAIN_SECONDS, LEASE_SECONDS = 1.0, 2.0
WAITING_DRAIN = """
    SELECT application_name FROM pg_stat_activity
    WHERE application_name LIKE 'trailkeeper drain %' AND wait_event_type = 'Lock'"""


@contextmanager
def a_hanging_drain(stack: Stack, client: redis.Redis) -> Iterator[None]:
    """A drain that holds one message, in a process that is stopped in the middle of its transaction."""
    engine = raw_engine(stack.database_url)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE events IN SHARE MODE"))
        put(client, an_event())
        [waiting] = until(lambda: query(stack.database_url, WAITING_DRAIN), 10, "a drain writes")
        process = _of_slot(stack, waiting["application_name"])
        process.send_signal(signal.SIGSTOP)
    engine.dispose()
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def _of_slot(stack: Stack, application_name: str) -> psutil.Process:
    slot = int(application_name.rpartition("/")[2])
    return sorted(pool_of(stack), key=lambda process: process.pid)[slot]


def test_new_events_are_stored_by_another_process_and_what_it_holds_after_the_lease(
    services_folder: Path,
) -> None:
    settings = {"TRAILKEEPER_DRAIN_SECONDS": "1", "TRAILKEEPER_LEASE_SECONDS": "2"}
    with (
        running(services_folder / "hung", settings) as stack,
        redis.Redis.from_url(stack.redis_url) as client,
        a_hanging_drain(stack, client),
    ):
        new = an_event()
        put(client, new)
        until(
            lambda: new.id in stored_ids(stack.database_url),
            DRAIN_SECONDS + MARGIN_SECONDS + BUSY_SECONDS,
            "the new event is stored",
        )
        # Postgres first has to end the transaction that it left open
        until(lambda: is_drained(stack), IDLE_MS / 1000 + LEASE_SECONDS + 10, "the other is stored, too")
        assert len(stored_ids(stack.database_url)) == 2
