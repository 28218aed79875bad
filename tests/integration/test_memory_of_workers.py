"""How much memory a process that stores events takes, whatever somebody put into stream or outbox."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from tests.support.drains import STREAM, an_event, put, query, stored_ids
from trailkeeper.producer.wire import encode
from trailkeeper.worker.entries import BATCH_BYTES, LARGEST_BYTES, Entries
from trailkeeper.worker.ingest.messages import HEAD_BYTES, IncomingMessage

MIB = 1 << 20
MOST_MB = 300
LIKE_A_POOL_PROCESS = """
import sys
from trailkeeper.worker import tasks
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.relay import Relayer
from trailkeeper.worker.counting import check
from trailkeeper.worker.settings import settings
for source in (Drainer, Relayer):
    process = source(settings(), "here/1")
    while process.run(30).batches:
        pass
    if source is Drainer:
        check(settings())
    process.close()
with open("/proc/self/status") as status:
    print(*(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as connected:
        connected.config_set("appendonly", "no")
        yield connected
        connected.flushall()
        connected.config_set("appendonly", "yes")


def highest_mb(redis_url: str, database_url: str) -> float:
    """Drain and relay all that waits in a process of its own; how much memory it had at most."""
    environment = os.environ | {
        "TRAILKEEPER_REDIS_URL": redis_url,
        "TRAILKEEPER_DATABASE_URL": database_url,
        "TRAILKEEPER_SPOOL": "off",
        "PYTHONPATH": os.pathsep.join(["." if path == "" else path for path in sys.path]),
    }
    command = [sys.executable, "-c", LIKE_A_POOL_PROCESS]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2_000:]
    return int(done.stderr.split()[-1]) / 1024


def letters(database_url: str) -> list[Any]:
    return query(database_url, "SELECT reason, detail, raw FROM dead_letters ORDER BY id")


def test_a_pool_process_stays_under_300_mb_with_a_hundred_entries_of_ten_mib(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    good = [an_event() for _ in range(2_000)]
    put(client, *good[:1_000])
    huge = os.urandom(10 * MIB)
    for _ in range(99):
        client.xadd(STREAM, {"e": huge})
    client.xadd(STREAM, {f"field {number}": huge[: MIB // 10] for number in range(100)})
    put(client, *good[1_000:])
    assert highest_mb(redis_url, database_url) < MOST_MB
    assert stored_ids(database_url) == sorted(event.id for event in good)
    kept = letters(database_url)
    assert [row["reason"] for row in kept] == ["too_large"] * 100
    assert bytes(kept[0]["raw"]) == huge[:HEAD_BYTES]
    sha1 = hashlib.sha1(huge, usedforsecurity=False).hexdigest()
    assert f"10,485,760 bytes with the SHA-1 {sha1}" in kept[0]["detail"]


def test_so_does_it_with_small_messages_that_are_large_when_they_are_decoded(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    nested = b"[" + b"[]," * 20_000 + b"[]]"
    for event in (an_event() for _ in range(300)):
        put(client, encode(event)[:-1] + b',"unknown":%b}' % nested)
    assert highest_mb(redis_url, database_url) < MOST_MB
    assert len(stored_ids(database_url)) + len(letters(database_url)) == 300


def test_so_does_it_with_calls_that_an_application_quarantined(
    client: redis.Redis, redis_url: str, database_url: str
) -> None:
    for number in range(600):  # the same call twice would be one dead letter
        client.xadd(STREAM, {"e": b"%d" % number + b"x" * 200_000, "invalid": b"y" * 50_000})
    assert highest_mb(redis_url, database_url) < MOST_MB
    assert [row["reason"] for row in letters(database_url)] == ["quarantined"] * 600


def test_so_does_it_with_huge_rows_in_the_outbox(redis_url: str, database_url: str) -> None:
    huge = os.urandom(10 * MIB)
    insert = "INSERT INTO outbox (payload, invalid) SELECT :payload, :invalid FROM generate_series(1, 20)"
    query(database_url, insert, payload=huge, invalid=None)
    query(database_url, insert, payload=b"{}", invalid=huge)
    good = an_event()
    query(database_url, "INSERT INTO outbox (payload) VALUES (:payload)", payload=encode(good))
    assert highest_mb(redis_url, database_url) < MOST_MB
    kept = letters(database_url)
    assert [row["reason"] for row in kept] == ["too_large"] * 20 + ["quarantined"] * 20
    assert f"10,485,760 bytes with the SHA-256 {hashlib.sha256(huge).hexdigest()}" in kept[0]["detail"]
    assert stored_ids(database_url) == [good.id]


def test_a_batch_ends_at_a_bound_of_bytes_and_nothing_is_skipped(client: redis.Redis) -> None:
    sizes = [100, 200_000, 50, 300_000, 10] * 40
    for size in sizes:
        client.xadd(STREAM, {"e": b"x" * size})
    client.xgroup_create(STREAM, "drain", id="0")
    entries = Entries(client, STREAM, "drain", "here/1")
    found = []
    while batch := entries.read(1_000):
        assert sum(len(message.payload or b"") for message in batch) < BATCH_BYTES + 16 * LARGEST_BYTES
        found += batch
    assert [message.excess is not None for message in found] == [size > LARGEST_BYTES for size in sizes]
    held = [message.stream_id for message in found]
    claimed: list[IncomingMessage] = []
    while left := held[len(claimed) :]:
        claimed += entries.claim(left, 0)
    assert claimed == found
