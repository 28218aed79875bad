"""MaxMind-format files that may be replaced at any time, and what enrichments of addresses have in common."""

from __future__ import annotations

import logging
import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import ClassVar, Generic, TypeVar

from .database import Database
from .enrichment import Derivation
from .mmdb import MmdbFile, Record, UnusableDatabase
from .special import Address, parsed, reason_of

log = logging.getLogger(__name__)

CHECK_SECONDS = 10.0
CACHE_SIZE = 50_000  # addresses, least recently used leave first
FROM_ADDRESS = ("address", "1")
"""Source and build of what the address says by itself."""

DerivationT = TypeVar("DerivationT", bound=Derivation)


class GeoipFiles:
    """The configured files, opened once for all enrichments of a process. For any number of threads.

    Args:
        paths: MaxMind-format files.
        check_seconds: how long a replaced file may go unseen.
        clock: seconds that never run backwards.

    Attributes:
        lock: to be held from `check` until the files were read.
    """

    def __init__(
        self,
        paths: Sequence[str],
        *,
        check_seconds: float = CHECK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._databases = [Database(path) for path in paths]
        self._check_seconds = check_seconds
        self._clock = clock
        self._next_check = -math.inf
        self._corrupt: set[str] = set()
        self._changes = 0
        self.lock = threading.Lock()  # not a context manager of ours, which would triple the time of `find`

    def check(self) -> int:
        """Open what was replaced; returns how often a file was so far."""
        now = self._clock()
        if now >= self._next_check:
            self._next_check = now + self._check_seconds
            changed = [database.refresh() for database in self._databases]
            if any(changed):
                self._changes += 1
                self._corrupt.clear()
        return self._changes

    def loaded(self) -> list[MmdbFile]:
        """The newest good file of each path that has one."""
        return [database.file for database in self._databases if database.file is not None]

    def are_complete(self) -> bool:
        """Whether there are files, and all of them are loaded."""
        return bool(self._databases) and len(self.loaded()) == len(self._databases)

    def report(self, problem: str) -> None:
        """Log what is wrong with a file's records, once until a file is replaced."""
        if problem not in self._corrupt:
            self._corrupt.add(problem)
            log.warning("location data: %s", problem)


class AddressEnrichment(ABC, Generic[DerivationT]):
    """What is derived from an address, by those of the files that are of its kind.

    Args:
        files: all of them.
        cache_size: addresses whose derivation is remembered until a file changes.
    """

    fact: ClassVar[str] = "ip"
    keeps_fact: ClassVar[bool] = False

    def __init__(self, files: GeoipFiles, *, cache_size: int = CACHE_SIZE) -> None:
        self._files = files
        self._changes_seen = 0
        self._remembered = lru_cache(cache_size)(self._look_up)

    def find(self, ip: str) -> DerivationT | None:
        """What the files say of *ip*, or that there is nothing to say; never raises.

        None where it is unknown now (no file, a missing or broken one, a corrupt
        record): that address is not enriched, and a backfill may find it.
        """
        files = self._files
        with files.lock:
            if (changes := files.check()) != self._changes_seen:
                self._remembered.cache_clear()
                self._changes_seen = changes
            return self._remembered(ip)

    def changes(self) -> int:
        """How often a file was replaced so far; as long as it is the same, so is what is found."""
        with self._files.lock:
            return self._files.check()

    def is_current(self, source: str, build: str) -> bool:
        """Whether a derivation of this source and build comes from the files now loaded, or needs none."""
        with self._files.lock:
            self._files.check()
            files = self._own_files()
        return (source, build) in (FROM_ADDRESS, _stamp(files) if files else None)

    @staticmethod
    @abstractmethod
    def reads(source: str) -> bool:
        """Whether a file of this type, such as ``GeoLite2-ASN``, is asked."""

    @abstractmethod
    def derived(self, records: Iterable[Record], source: str, build: str, reason: str | None) -> DerivationT:
        """What is derived from the records of an address, in the order of their files.

        Args:
            records: none where the address is of a kind that is in no file.
            source: the types of the files.
            build: when they were built.
            reason: why the address is in no file; None for one that may be.
        """

    def _own_files(self) -> list[MmdbFile]:
        return [file for file in self._files.loaded() if self.reads(file.source)]

    def _look_up(self, ip: str) -> DerivationT | None:
        address = parsed(ip)
        reason = "invalid" if address is None else reason_of(address)
        if address is None or reason:
            return self.derived((), *FROM_ADDRESS, reason)
        return self._of_files(address)

    def _of_files(self, address: Address) -> DerivationT | None:
        files = self._own_files()
        if not files:
            return None
        try:
            records = [record for file in files if (record := file.record(address)) is not None]
        except UnusableDatabase as error:
            self._files.report(str(error))
            return None
        derived = self.derived(records, *_stamp(files), None)
        # a file that is missing now might know it: try again later rather than store a wrong answer
        return derived if derived.display or self._files.are_complete() else None


def _stamp(files: Sequence[MmdbFile]) -> tuple[str, str]:
    return "+".join(file.source for file in files), "+".join(file.build for file in files)
