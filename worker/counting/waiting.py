"""Numbered events that are not stored yet: in the streams, and in the spool of this host.

Where keys are set, only signed ones: anybody else could open a gap of any size, or hide one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from trailkeeper.producer.catalogue import load
from trailkeeper.producer.errors import SpoolUnavailable
from trailkeeper.producer.redis_client import of_each_stream
from trailkeeper.producer.settings import spool_path
from trailkeeper.producer.spool import folder
from trailkeeper.producer.spool.packing import unpack
from trailkeeper.worker.entries import Entries
from trailkeeper.worker.ingest.messages import EVENT, IncomingMessage
from trailkeeper.worker.ingest.sequence_numbers import Numbered, number_in
from trailkeeper.worker.ingest.signatures import Signatures
from trailkeeper.worker.settings import WorkerSettings

PAGE = 1_000
SECONDS = 2.0


class Waiting(NamedTuple):
    """What is on its way.

    Attributes:
        numbered: the events that have numbers.
        complete: whether all of each stream was read.
    """

    numbered: list[Numbered]
    complete: bool


def in_streams(settings: WorkerSettings, most: int) -> Waiting:
    """What the streams hold, delivered or not, from their beginning.

    Args:
        settings: name them, and the keys of signatures.
        most: the most entries to read of each; of one that holds more, the newest are read as well.

    Raises:
        StreamUnavailable: one of them is away, so what waits there is unknown.
    """
    found = of_each_stream(settings, lambda client, key: _in_stream(Entries(client, key), settings, most))
    numbered = [each for waiting in found for each in waiting.numbered]
    return Waiting(numbered, complete=all(waiting.complete for waiting in found))


def _in_stream(entries: Entries, settings: WorkerSettings, most: int) -> Waiting:
    numbered, seen = list[Numbered](), 0
    after: str | None = None
    while seen < most:
        page = entries.oldest(PAGE, after)
        if not page:
            return Waiting(numbered, complete=True)
        numbered += _numbered(settings, page)
        seen += len(page)
        after = page[-1].stream_id
    return Waiting([*numbered, *_numbered(settings, entries.newest(PAGE))], complete=False)


def in_spool(settings: WorkerSettings) -> list[Numbered]:
    """What the spool of this host holds; nothing where there is none, or where it cannot be read."""
    path = spool_path(settings.spool)
    if path is None:
        return []
    try:
        return [each for file in [path, *folder.beside(path)] for each in _numbered(settings, _spooled(file))]
    except (sqlite3.Error, SpoolUnavailable):
        return []


def _spooled(path: Path) -> Iterator[IncomingMessage]:
    if not path.exists():
        return
    folder.check(path)
    where = f"file:{quote(str(path))}?mode=ro"
    with closing(sqlite3.connect(where, timeout=SECONDS, uri=True)) as connection:
        for (packed,) in connection.execute("SELECT fields FROM messages ORDER BY number"):
            fields = unpack(packed)
            yield IncomingMessage("", fields.get(EVENT), fields.get(b"invalid"), fields)


def _numbered(settings: WorkerSettings, messages: Iterable[IncomingMessage]) -> list[Numbered]:
    signatures = Signatures.of(settings.verify_keys, load(settings.catalogue))
    whole = (message for message in messages if message.excess is None)
    trusted = (message for message in whole if signatures is None or signatures.hold(message))
    return [numbered for message in trusted if (numbered := number_in(message.payload or b""))]
