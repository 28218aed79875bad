"""What tests of the spool need: a stream that does as it is told, and spools in a folder."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.spool.file import SpoolFile
from trailkeeper.producer.spool.keeper import FileSpool
from trailkeeper.producer.spool.queue import Queue
from trailkeeper.producer.spool.schema import Limits
from trailkeeper.producer.transports import RedisStream

PLACE = "nowhere:6379/0 trailkeeper:events"


class Stream:
    """Keeps what it is given, like `RedisStream.send_all`; with *takes* only so many in all."""

    place = PLACE

    def __init__(self, takes: int | None = None) -> None:
        self.entries: list[Mapping[bytes, bytes]] = []
        self.takes = takes

    def send_all(
        self,
        entries: Sequence[Mapping[bytes, bytes]],
        deadline: float,
    ) -> int:
        room = len(entries) if self.takes is None else self.takes - len(self.entries)
        if not room:
            raise StreamUnavailable("Redis at nowhere answered: OOM")
        self.entries += entries[:room]
        return min(room, len(entries))


def a_queue(folder: Path, place: str = PLACE, **limits: Any) -> Queue:
    """The queue of the file ``spool.sqlite``."""
    return Queue(SpoolFile(folder / "spool.sqlite", Limits(**{"sync": "normal", **limits})), place)


def a_spool(folder: Path, stream: Stream, **limits: Any) -> FileSpool:
    """A spool on the same file."""
    return FileSpool(
        folder / "spool.sqlite", Limits(**{"sync": "normal", **limits}), cast(RedisStream, stream)
    )


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


def fill(queue: Queue, *payloads: bytes) -> None:
    """A message of one field each."""
    for payload in payloads:
        queue.put({b"e": payload}, "account:login:success", soon())


def held(queue: Queue) -> list[bytes]:
    """The payloads at the front of the queue."""
    return [entry[b"e"] for entry in queue.oldest(soon()).entries]
