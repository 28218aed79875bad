"""Numbered events that are not stored yet: in the stream, and in the spool of this host."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import redis

from trailkeeper.producer.redis_client import redis_translated
from trailkeeper.producer.settings import spool_path
from trailkeeper.producer.spool.packing import unpack
from trailkeeper.worker.ingest.sequence_numbers import Numbered, number_in
from trailkeeper.worker.settings import WorkerSettings

PAGE = 1_000
SECONDS = 2.0


class Waiting(NamedTuple):
    """What is on its way.

    Attributes:
        numbered: the events that have numbers.
        complete: whether all of the stream was read.
    """

    numbered: list[Numbered]
    complete: bool


def in_stream(client: redis.Redis, stream: str, most: int) -> Waiting:
    """What the stream holds, delivered or not, from its beginning.

    Args:
        client: of Redis.
        stream: its key.
        most: the most entries to read.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    numbered: list[Numbered] = []
    after, seen = "-", 0
    while seen < most:
        with redis_translated():
            page: Any = client.xrange(stream, min=after, count=PAGE)
        numbered += _numbered(fields for _, fields in page)
        if len(page) < PAGE:
            return Waiting(numbered, complete=True)
        seen += len(page)
        after = f"({page[-1][0].decode()}"
    return Waiting(numbered, complete=False)


def newest_in_stream(client: redis.Redis, stream: str, count: int = PAGE) -> list[Numbered]:
    """The newest of what the stream holds.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    with redis_translated():
        page: Any = client.xrevrange(stream, count=count)
    return _numbered(fields for _, fields in page)


def in_spool(settings: WorkerSettings) -> list[Numbered]:
    """What the spool of this host holds; nothing where there is none, or where it cannot be read."""
    path = spool_path(settings.spool)
    if path is None or not path.exists():
        return []
    try:
        return _numbered(_spooled(path))
    except sqlite3.Error:
        return []


def _spooled(path: Path) -> Iterator[Mapping[bytes, bytes]]:
    where = f"file:{quote(str(path))}?mode=ro"
    with closing(sqlite3.connect(where, timeout=SECONDS, uri=True)) as connection:
        for (fields,) in connection.execute("SELECT fields FROM messages ORDER BY number"):
            yield unpack(fields)


def _numbered(entries: Iterable[Mapping[bytes, bytes]]) -> list[Numbered]:
    payloads = (fields.get(b"e") for fields in entries)
    return [numbered for payload in payloads if payload is not None and (numbered := number_in(payload))]
