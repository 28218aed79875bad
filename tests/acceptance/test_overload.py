"""More comes than can be stored: requests keep their budget, the backlog goes by itself, each event once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psutil
import pytest
import redis
from sqlalchemy import text

from tests.support.backfills import start_enrich
from tests.support.databases import passing_folder, raw_engine
from tests.support.drains import STREAM, an_event, put, query, settings_for, stored_ids
from tests.support.servers import serving, valkey
from tests.support.stacks import dead_letters, is_drained, pool_of
from tests.support.waiting import until
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.cli.embedded.redis import EmbeddedRedis
from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.models.engine import make_engine
from trailkeeper.producer.stream_keys import outages_key
from trailkeeper.worker.control import start_chunk
from trailkeeper.worker.drain.full_redis import takes_writes
from trailkeeper.worker.ingest import pause

TAG = "account:login:success"
BREAKER_SECONDS = 60.0
BATCH = 250
BURST = 8_000
"""More than ten batches beside those in hand: then ingestion goes before backfills."""
MEGABYTE = 1024**2


class Place:
    """Servers that this test stops and starts itself, and a stack on them."""

    def __init__(self, redis_server: EmbeddedRedis, postgres: EmbeddedPostgres, stack: Stack) -> None:
        self.redis = redis_server
        self.postgres = postgres
        self.stack = stack
        self.client = redis.Redis.from_url(redis_server.url)

    def fill(self, count: int) -> list[UUID]:
        """So many events into the stream, faster than anybody drains them."""
        events = [an_event() for _ in range(count)]
        put(cast(redis.Redis, _Piped(self.client)), *events)
        return [event.id for event in events]

    def become_full(self) -> None:
        """Redis may have as much memory as it takes without half of the stream."""
        half = (self.client.memory_usage(STREAM, samples=0) or 0) // 2
        self.client.config_set("maxmemory", self.client.info("memory")["used_memory"] - half)
        until(lambda: not takes_writes(self.client, STREAM), what="Redis takes no writes")

    def waits(self, cause: str) -> bool:
        """Whether drains have noted that they wait because of this."""
        return any(note.cause == cause for note in pause.outages(self.client, STREAM))

    def stored_once(self, expected: set[UUID]) -> bool:
        """Whether that is what is in the table, and nothing waits."""
        return is_drained(self.stack) and expected <= set(stored_ids(self.stack.database_url))

    @contextmanager
    def emitter(self, **settings: Any) -> Iterator[Emitter]:
        """An application's, with the spool of this host."""
        found = Emitter(ProducerSettings(redis_url=self.redis.url, spool=str(self.stack.spool), **settings))
        yield found
        found.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """A migration, say, that lets nobody write events for a while."""
        engine = raw_engine(self.stack.database_url)
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE events IN SHARE MODE"))
            yield
        engine.dispose()


class _Piped:
    """A client whose XADDs are one round trip a thousand; what they answer is nobody's concern."""

    def __init__(self, client: redis.Redis) -> None:
        self._pipeline = client.pipeline(transaction=False)

    def xadd(self, *args: Any) -> bytes:
        self._pipeline.xadd(*args)
        if len(self._pipeline) == 1_000:
            self._pipeline.execute()
        return b""


@pytest.fixture(scope="module")
def place(services_folder: Path) -> Iterator[Place]:
    home = services_folder / "overload"
    with passing_folder() as folder, serving(valkey(services_folder / "overload-redis")) as server:
        postgres = EmbeddedPostgres(folder / "pg")
        with Stack(
            home,
            concurrency=2,
            redis_url=server.url,
            database_url=postgres.start(),
            environment={"TRAILKEEPER_LEASE_SECONDS": "2", "TRAILKEEPER_BATCH_SIZE": str(BATCH)},
            with_views=False,
        ) as stack:
            until(lambda: bool(pool_of(stack)), 60, "the worker has a pool")
            yield Place(server, postgres, stack)
        if postgres.is_running():
            postgres.stop("immediate")


def test_a_redis_that_a_backlog_has_filled_empties_by_itself_and_requests_wait_for_it_once(
    place: Place,
) -> None:
    before = stored_ids(place.stack.database_url)
    place.postgres.stop("immediate")
    emitted = place.fill(8_000)
    until(lambda: place.waits("store"), what="drains wait for Postgres")
    place.become_full()
    place.client.config_resetstat()

    with place.emitter(breaker_seconds=BREAKER_SECONDS) as emitter:
        receipts = [emitter.emit(TAG, user=str(number)) for number in range(300)]
    assert {receipt.outcome for receipt in receipts} == {"spooled"}
    # what an event waits for is counted: one of them asked Redis, and the breaker spared it the others
    assert place.client.info("commandstats")["cmdstat_xadd"]["rejected_calls"] == 1

    # a worker that starts while Redis is full is as good
    worker = place.stack.worker_pid
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    until(lambda: place.stack.worker_pid != worker, what="the worker is started again")
    place.postgres.start()
    everything = {*before, *emitted, *(UUID(str(receipt)) for receipt in receipts)}
    until(lambda: place.stored_once(everything), what="stream and spool are stored")

    ids = stored_ids(place.stack.database_url)
    assert (len(ids), set(ids)) == (len(everything), everything)
    assert dead_letters(place.stack) == {}
    assert not place.waits("store")
    place.client.config_set("maxmemory", 0)


def test_a_postgres_that_is_down_and_then_slow_concerns_nobody_who_emits(place: Place) -> None:
    with place.emitter() as emitter:
        place.postgres.stop("immediate")
        receipts = [emitter.emit(TAG, user=str(number)) for number in range(200)]
        until(lambda: place.waits("store"), what="drains wait for Postgres")
        receipts += [emitter.emit(TAG, user=str(number)) for number in range(200)]
        [note] = pause.outages(place.client, STREAM)
        place.postgres.start()
        until(lambda: place.client.exists(outages_key(STREAM)) == 0, what="the outage is over")
        with place.locked():
            receipts += [emitter.emit(TAG, user=str(number)) for number in range(200)]
            until(lambda: place.waits("store"), what="drains gave up waiting for the lock")
            assert pause.outages(place.client, STREAM)[0].since > note.since
    assert {receipt.outcome for receipt in receipts} == {"stream"}
    everything = {UUID(str(receipt)) for receipt in receipts}
    until(lambda: place.stored_once(everything), what="all is stored")

    ids = stored_ids(place.stack.database_url)
    assert len(ids) == len(set(ids))
    assert dead_letters(place.stack) == {}


def test_a_burst_goes_before_backfills_and_leaves_the_workers_no_larger(place: Place) -> None:
    url = place.stack.database_url
    warm = set(place.fill(BURST))  # caches and pools are as large as they get
    until(lambda: place.stored_once(warm), what="a first burst is stored")
    sizes = [process.memory_info().rss for process in pool_of(place.stack)]
    engine = make_engine(url, application_name="test")
    backfill = start_enrich(engine, throttle=1)

    def job() -> Any:
        return query(url, "SELECT * FROM backfills WHERE id = :id", id=backfill)[0]

    with place.locked():
        burst = set(place.fill(BURST))
        start_chunk(settings_for(place.redis.url, url), backfill)
        until(lambda: job()["detail"] == "waits for ingestion", what="the backfill waits")
        seen = job()["seen"]
    until(lambda: place.stored_once(burst), what="the burst is stored")
    until(lambda: job()["seen"] > seen, what="the backfill goes on by itself")

    ids = stored_ids(url)
    assert len(ids) == len(set(ids))
    assert dead_letters(place.stack) == {}
    largest = max(process.memory_info().rss for process in pool_of(place.stack))
    assert largest < max(sizes) + 30 * MEGABYTE
    assert psutil.pid_exists(place.stack.worker_pid or 0)
    engine.dispose()
