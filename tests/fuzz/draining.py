"""Hostile messages through a real drain, from a real stream into a real table."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import psutil
import redis

from tests.support.drains import STREAM, query, settings_for
from tests.support.servers import serving, valkey
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.models.migrate import upgrade
from trailkeeper.worker.drain import Drainer

from .hostile import Entry, entries

SLICE = 10_000
MEGABYTE = 1024**2


class Drained(msgspec.Struct, frozen=True):
    """What became of hostile messages.

    Attributes:
        messages: sent.
        stored: of them, as rows: some of the changes do no harm.
        dead_letters: of them, kept with a reason.
        unaccounted: of them, neither. Twice the same event counts as stored.
        slowest_slice_s: the longest that 10,000 of them took.
        memory_mb: of the draining process, in the second tenth of them and in the last.
        reasons: of the dead letters.
    """

    messages: int
    stored: int
    dead_letters: int
    unaccounted: int
    slowest_slice_s: float
    memory_mb: tuple[float, float]
    reasons: dict[str, int]


def drained(home: Path, seed: int, count: int, say: Callable[[str], None]) -> Drained:
    """Send and drain them, slice by slice.

    Raises:
        One of `worker.ingest.fates.RETRY`: the drain stalled.
    """
    logging.disable()  # a line for each dead letter
    with _services(home) as (client, drainer, database_url):
        found = entries(seed, count)
        seconds, sizes, sent, twice = 0.0, [], 0, 0
        while slice_ := list(itertools.islice(found, SLICE)):
            _send(client, slice_)
            began = time.monotonic()
            twice += drainer.run(600).duplicates
            seconds = max(seconds, time.monotonic() - began)
            sizes.append(psutil.Process().memory_info().rss / MEGABYTE)
            sent += len(slice_)
            say(f"{sent:>9,} messages drained, {sizes[-1]:.0f} MB")
        stored = query(database_url, "SELECT count(*) AS n FROM events")[0]["n"] + twice
        letters = query(
            database_url, "SELECT reason, count(*) AS n FROM dead_letters GROUP BY reason ORDER BY 2 DESC"
        )
    reasons = {row["reason"]: row["n"] for row in letters}
    dead = sum(reasons.values())
    tenth = max(1, len(sizes) // 10)
    # medians: a slice of hostile messages is large itself, and no two are alike
    memory = round(median(sizes[tenth : 2 * tenth] or sizes), 1), round(median(sizes[-tenth:]), 1)
    return Drained(sent, stored, dead, sent - stored - dead, round(seconds, 2), memory, reasons)


def _send(client: redis.Redis, slice_: list[Entry]) -> None:
    with client.pipeline(transaction=False) as pipe:
        for entry in slice_:
            fields: Any = entry
            pipe.xadd(STREAM, fields)
        pipe.execute()


@contextmanager
def _services(home: Path) -> Iterator[tuple[redis.Redis, Drainer, str]]:
    postgres = EmbeddedPostgres(home / "pg")
    database_url = postgres.start()
    try:
        upgrade(database_url)
        with serving(valkey(home / "redis")) as server, redis.Redis.from_url(server.url) as client:
            drainer = Drainer(settings_for(server.url, database_url), "fuzz/1")
            try:
                yield client, drainer, database_url
            finally:
                drainer.close()
    finally:
        postgres.stop("immediate")
