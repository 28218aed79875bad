"""Locations of addresses, from MaxMind-format files that may be replaced at any time."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import ClassVar

from .database import Database, DatabaseState
from .mmdb import MmdbFile, UnusableDatabase
from .place import Location, Record, location
from .special import Address, parsed, reason_of

log = logging.getLogger(__name__)

CHECK_SECONDS = 10.0
CACHE_SIZE = 50_000  # addresses, least recently used leave first
FROM_ADDRESS = ("address", "1")
"""Source and build of what the address says by itself."""


class LocationFinder:
    """Enrichment: the location of an address. For any number of threads; made in the process that uses it.

    Args:
        paths: MaxMind-format files (city, country, ASN); for each value the first that has it wins.
        check_seconds: how long a replaced file may go unseen.
        cache_size: addresses whose location is remembered until a file changes.
        clock: seconds that never run backwards.
    """

    name: ClassVar[str] = "location"
    table: ClassVar[str] = "locations"
    column: ClassVar[str] = "location_id"
    fact: ClassVar[str] = "ip"
    keeps_fact: ClassVar[bool] = False

    def __init__(
        self,
        paths: Sequence[str],
        *,
        check_seconds: float = CHECK_SECONDS,
        cache_size: int = CACHE_SIZE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._databases = [Database(path) for path in paths]
        self._check_seconds = check_seconds
        self._clock = clock
        self._next_check = -math.inf
        self._corrupt: set[str] = set()
        self._changes = 0
        self._lock = threading.Lock()
        self._remembered = lru_cache(cache_size)(self._look_up)

    def find(self, ip: str) -> Location | None:
        """The location of *ip*, or the reason why it has none; never raises.

        None where it is unknown now (no file, a missing or broken one, a corrupt
        record): that address is not enriched, and a backfill may find it.
        """
        with self._checked():
            return self._remembered(ip)

    def changes(self) -> int:
        """How often a file was replaced so far; as long as it is the same, so is what is found."""
        with self._checked():
            return self._changes

    def builds(self) -> tuple[DatabaseState, ...]:
        """What is loaded from each configured path, in their order."""
        with self._checked():
            return tuple(database.state() for database in self._databases)

    def is_current(self, source: str, build: str) -> bool:
        """Whether a location of this source and build comes from the files now loaded, or needs none."""
        with self._checked():
            files = self._files()
        return (source, build) in (FROM_ADDRESS, _stamp(files) if files else None)

    @contextmanager
    def _checked(self) -> Iterator[None]:
        with self._lock:
            self._check()
            yield

    def _check(self) -> None:
        now = self._clock()
        if now < self._next_check:
            return
        self._next_check = now + self._check_seconds
        changed = [database.refresh() for database in self._databases]
        if any(changed):
            self._changes += 1
            self._corrupt.clear()
            self._remembered.cache_clear()

    def _files(self) -> list[MmdbFile]:
        return [database.file for database in self._databases if database.file is not None]

    def _look_up(self, ip: str) -> Location | None:
        address = parsed(ip)
        reason = "invalid" if address is None else reason_of(address)
        if address is None or reason:
            source, build = FROM_ADDRESS
            return Location(reason=reason, source=source, build=build)
        return self._located(address)

    def _located(self, address: Address) -> Location | None:
        files = self._files()
        try:
            located = location(_records(files, address), *_stamp(files))
        except UnusableDatabase as error:
            self._note(str(error))
            return None
        # a file that is missing now might know the place: try again later rather than store a wrong answer
        return located if located.display or (files and len(files) == len(self._databases)) else None

    def _note(self, problem: str) -> None:
        if problem not in self._corrupt:
            self._corrupt.add(problem)
            log.warning("location data: %s", problem)


def _records(files: Sequence[MmdbFile], address: Address) -> list[Record]:
    return [record for file in files if (record := file.record(address)) is not None]


def _stamp(files: Sequence[MmdbFile]) -> tuple[str, str]:
    return "+".join(file.source for file in files), "+".join(file.build for file in files)
