"""One master among several servers, which Sentinels name: who asks, and what a failover costs."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis
from kombu.connection import Connection
from kombu.entity import Exchange, Queue

from tests.support.drains import STREAM
from tests.support.emitting import CATALOGUE, REQUIRED, SPOOLED
from tests.support.sentinels import SentineledRedis, sentineled
from tests.support.spooling import a_queue
from tests.support.waiting import until, within
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.errors import SettingsError, StreamUnavailable
from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.spool.status import read_status
from trailkeeper.producer.transports import RedisStream
from trailkeeper.worker.broker import use_tolerant_transport
from trailkeeper.worker.broker_url import broker_of
from trailkeeper.worker.settings import WorkerSettings

BUDGET = 0.25
PATIENCE = BUDGET + 0.25
"""With the step that was begun in time, and a hundred commits of the spool."""

PLENTY = 5.0


@pytest.fixture
def servers(services_folder: Path, request: pytest.FixtureRequest) -> Iterator[SentineledRedis]:
    name = re.sub(r"\W", "-", request.node.name[-30:])  # Redis reads brackets in a path as a pattern
    with sentineled(services_folder / name) as found:
        yield found


def emitter(url: str, folder: Path, replicas: int = 0) -> Emitter:
    settings = ProducerSettings(
        redis_url=url,
        redis_replicas=replicas,
        spool=str(folder / "spool.sqlite"),
        breaker_seconds=0.2,
        on_invalid="raise",
    )
    return Emitter(settings, catalogue=CATALOGUE)


def length(url: str) -> int:
    """Entries of the stream; 0 while redis-py does not yet believe the Sentinels."""
    try:
        with connect(url) as client, redis_translated():
            return int(client.xlen(STREAM))
    except StreamUnavailable:
        return 0


def test_everybody_finds_the_master_that_sentinels_name_although_the_first_is_away(
    servers: SentineledRedis, tmp_path: Path
) -> None:
    url = servers.url.replace("@", "@127.0.0.1:1,", 1)
    sending = emitter(url, tmp_path)
    assert sending.emit(SPOOLED).outcome == "stream"
    assert asyncio.run(sending.aemit(REQUIRED)).outcome == "stream"
    assert length(url) == 2
    assert broker_of(WorkerSettings(redis_url=url)).url.count("sentinel://") == 4


def test_after_a_failover_the_next_events_go_to_the_new_master_within_their_budget(
    servers: SentineledRedis, tmp_path: Path
) -> None:
    sending = emitter(servers.url, tmp_path)
    kept = [sending.emit(SPOOLED)]
    servers.fail_over()
    with within(BUDGET):
        kept.append(sending.emit(SPOOLED))
    until(lambda: sending.emit(SPOOLED).outcome == "stream", what="the new master takes events")
    spool = a_queue(tmp_path).file
    until(lambda: read_status(spool).waiting == 0, what="the spool is empty")
    assert {receipt.outcome for receipt in kept} <= {"stream", "spooled"}
    until(lambda: length(servers.url) >= 2, what="both are in the stream")


def test_a_master_that_became_a_replica_is_left_at_once(servers: SentineledRedis) -> None:
    stream = RedisStream(servers.url, STREAM)
    stream.send(b"{}", None, time.monotonic() + PLENTY)
    old = servers.master
    with redis.Redis.from_url(servers.replica.url) as client:
        client.replicaof("NO", "ONE")
    with redis.Redis.from_url(old.url) as client:
        client.config_set("replica-read-only", "yes")
    servers.fail_over(stop=True)
    os.kill(old.pid, signal.SIGCONT)

    async def asend() -> None:
        await stream.asend(b"{}", None, time.monotonic() + PLENTY)

    stream.send(b"{}", None, time.monotonic() + PLENTY)
    asyncio.run(asend())


def test_what_too_few_replicas_have_is_spooled_as_well(servers: SentineledRedis, tmp_path: Path) -> None:
    sending = emitter(servers.url, tmp_path, replicas=1)
    assert sending.emit(SPOOLED).outcome == "stream"
    os.kill(servers.replica.pid, signal.SIGSTOP)
    assert sending.emit(SPOOLED).outcome == "spooled"
    assert asyncio.run(sending.aemit(REQUIRED)).outcome == "spooled"
    os.kill(servers.replica.pid, signal.SIGCONT)
    until(lambda: sending.emit(SPOOLED).outcome == "stream", what="the replica is back")


def test_while_a_replica_is_away_all_coroutines_end_within_the_budget(
    servers: SentineledRedis, tmp_path: Path
) -> None:
    sending = emitter(servers.url, tmp_path, replicas=1)

    async def run() -> list[str]:
        assert (await sending.aemit(SPOOLED)).outcome == "stream"
        os.kill(servers.replica.pid, signal.SIGSTOP)
        with within(PATIENCE):
            receipts = await asyncio.gather(*(sending.aemit(SPOOLED) for _ in range(100)))
        os.kill(servers.replica.pid, signal.SIGCONT)
        return [receipt.outcome for receipt in receipts]

    assert asyncio.run(run()) == ["spooled"] * 100


def test_no_sentinel_that_answers_is_an_outage_within_the_budget(servers: SentineledRedis) -> None:
    stream = RedisStream("redis+sentinel://127.0.0.1:1,127.0.0.1:2/mymaster", STREAM)
    unknown = RedisStream(servers.url.replace("/mymaster/", "/nobodys/"), STREAM)
    for each in (stream, unknown):
        with pytest.raises(StreamUnavailable, match="could not be reached"), within(BUDGET):
            each.send(b"{}", None, time.monotonic() + BUDGET)


@contextmanager
def silent() -> Iterator[str]:
    """A Sentinel that accepts a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize("budget_ms", [100, 250])
def test_sentinels_that_are_silent_cost_some_events_a_detour_and_not_all(
    servers: SentineledRedis, tmp_path: Path, budget_ms: int
) -> None:
    with ExitStack() as closing:
        places = [closing.enter_context(silent()) for _ in range(3)]
        url = servers.url.replace("@", f"@{','.join(places)},", 1)
        for asynchronous in (False, True):
            settings = ProducerSettings(
                redis_url=url,
                spool=str(tmp_path / "spool.sqlite"),
                emit_budget_ms=budget_ms,
                breaker_seconds=0.01,
                on_invalid="raise",
            )
            sending = Emitter(settings, catalogue=CATALOGUE)

            def outcome(sending: Emitter = sending, *, asynchronous: bool = asynchronous) -> str:
                receipt = asyncio.run(sending.aemit(SPOOLED)) if asynchronous else sending.emit(SPOOLED)
                return receipt.outcome

            for _ in places:
                with within(budget_ms / 1000):
                    outcome()
            until(lambda: outcome() == "stream", 5, "the master is found")
            sending.close()


def test_keys_of_celery_that_hold_something_else_are_removed_on_the_master_as_well(
    servers: SentineledRedis,
) -> None:
    use_tolerant_transport()
    broker, prefix = broker_of(WorkerSettings(redis_url=servers.url)), "trailkeeper:celery:"
    names = ["_kombu.binding.trailkeeper", "_kombu.binding_permanent.trailkeeper", "ingest"]
    options = {**broker.options, "global_keyprefix": prefix}
    with connect(servers.url) as client:
        for name in names:
            client.set(prefix + name, "rubbish")
        exchange = Exchange("trailkeeper", type="direct")  # type: ignore[no-untyped-call]
        queue = Queue("ingest", exchange, routing_key="ingest")  # type: ignore[no-untyped-call]
        with Connection(broker.url, transport_options=options) as connection:  # type: ignore[no-untyped-call]
            queue(connection.default_channel).declare()  # type: ignore[no-untyped-call]
            connection.Producer().publish({}, exchange=exchange, routing_key="ingest")
        assert [client.type(prefix + name) for name in names] == [b"set", b"set", b"list"]


@pytest.mark.parametrize(
    "url", ["redis+sentinel://:p@h:1,/mymaster", "redis+sentinel://h/mymaster?db=zz", "redis+sentinel://h"]
)
def test_a_url_of_sentinels_that_cannot_be_read_is_said_to_be_and_not_shown(url: str) -> None:
    uses: list[Callable[[], object]] = [
        lambda: connect(url),
        lambda: broker_of(WorkerSettings(redis_url=url)),
        lambda: RedisStream(url, STREAM),
    ]
    for use in uses:
        with pytest.raises(SettingsError, match="the Redis URL cannot be read") as refused:
            use()
        assert url not in str(refused.value)


def test_celery_asks_sentinels_by_ipv6_too() -> None:
    broker = broker_of(WorkerSettings(redis_url="redis+sentinel://[::1]:1,[fd00::2]/mymaster/3"))
    assert broker.url == "sentinel://:@[::1]:1/3;sentinel://:@[fd00::2]:26379/3"


def test_the_order_of_sentinels_makes_no_other_stream() -> None:
    places = {RedisStream(f"redis+sentinel://{hosts}/m", STREAM).place for hosts in ("a,b:1", "b:1,a")}
    assert len(places) == 1
